import Foundation
import NetPrimitives

/// Drives one lease on one gateway: the loop of a thread that may block.
package struct MappingWorker {
    /// How often a router is asked whether it still knows, which finds a restart that nobody announced.
    package static let checkInterval = Duration.seconds(30)

    private var gateway: any Gateway
    private var lease: Lease
    private let request: MappingRequest
    private let contender: MappingContest.Contender
    private let records: MappingRecords?
    /// What is written down of the port that is open, or may be.
    private var entry: MappingRecords.Entry?
    private let emit: (Mapper.Event) -> Void

    package init(
        gateway: any Gateway, request: MappingRequest, contender: MappingContest.Contender,
        records: MappingRecords? = nil, emit: @escaping (Mapper.Event) -> Void
    ) {
        self.gateway = gateway
        self.request = request
        self.contender = contender
        self.records = records
        self.emit = emit
        lease = Self.newLease(request)
    }

    /// Returns when the mapping could not be made, or after the end of the contest, when it has been removed.
    package mutating func run() {
        do throws(MappingFailure) { try gateway.find() } catch {
            contender.left(at: RouterClock.now())
            emit(.failed(gateway.method, error))
            return
        }
        contender.found(at: RouterClock.now())
        var question: Ask?
        while !contender.isOver, !lease.isOver {
            switch contender.turn(at: RouterClock.now()) {
            case .hold:
                question = nil
                let pause = contender.nextDeadline.map { $0 - RouterClock.now() } ?? .seconds(3600)
                _ = gateway.rest(for: pause, contender.bell)
            case .giveBack(let winner):
                giveBack(to: winner)
                question = nil
                contender.gaveBack(at: RouterClock.now())
            case .go:
                question = question ?? lease.start()
                if let ask = question {
                    question = put(ask)
                } else if let deadline = lease.nextDeadline {
                    question = rest(until: deadline)
                }
            }
        }
        guard let port = lease.portToClose else { return strike() }
        while !contender.isOver, let winner = contender.prize, wouldHarm(winner, closing: port) {
            _ = gateway.rest(for: .seconds(3600), contender.bell)
        }
        close(port)
    }

    // What the lease wants

    private mutating func put(_ ask: Ask) -> Ask? {
        // Before the question: its answer may be lost, and this program may end while it waits for one.
        write(mapping(Grant(external: asked(ask), lifetime: ask.lifetime)))
        let answer = gateway.answer(to: ask)
        let next = lease.receive(answer, at: RouterClock.now())
        report()
        if next == nil, lease.portToClose == nil { strike() }
        return next
    }

    /// What would be open, as far as it can be said before the router has answered.
    private func asked(_ ask: Ask) -> TransportAddress {
        let any: IPAddress = gateway.internalAddress.family == .ipv4 ? .anyV4 : .anyV6
        return TransportAddress(ip: ask.externalAddress ?? any, port: ask.externalPort)
    }

    private mutating func rest(until deadline: Instant) -> Ask? {
        let pause = min(deadline - RouterClock.now(), Self.checkInterval)
        let began = RouterClock.now()
        if gateway.rest(for: pause, contender.bell) == .restarted {
            return lease.routerRestarted(isAnnounced: true, at: RouterClock.now())
        }
        for verdict in contender.takeVerdicts() {
            if verdict.isReachable {
                lease.proved(verdict.external)
            } else {
                let ask = lease.disproved(verdict.external, at: RouterClock.now())
                if let dead = lease.nextDeadPort() { close(dead) }
                report()
                if let ask { return ask }
            }
        }
        report()
        let now = RouterClock.now()
        if let ask = lease.handleTimeout(at: now) { return ask }
        if contender.takeCheck() || now - began >= Self.checkInterval, let external = lease.external, gateway.check(external) == .restarted {
            return lease.routerRestarted(isAnnounced: false, at: RouterClock.now())
        }
        return nil
    }

    private mutating func giveBack(to winner: TransportAddress) {
        switch lease.portToClose {
        case let port? where wouldHarm(winner, closing: port):
            lease.setAside()
            return
        case let port?: close(port)
        case nil: strike()
        }
        lease = Self.newLease(request)
    }

    /// Whether closing a port of ours may close the winner's: there may be one table for all methods.
    private func wouldHarm(_ winner: TransportAddress, closing port: UInt16) -> Bool {
        gateway.method.deletesByInternalPort || port == winner.port
    }

    private mutating func close(_ port: UInt16) {
        if gateway.release(externalPort: port) == .closed { strike() }
        entry = nil  // what may be open still is the next start's
    }

    /// There is nothing left to close.
    private mutating func strike() {
        entry?.remove()
        entry = nil
    }

    private mutating func write(_ mapping: Mapping) {
        let record = MappingRecord(mapping, secret: gateway.secret, description: request.description, now: Date())
        let written = records?.write(record)
        strike()
        entry = written
    }

    private static func newLease(_ request: MappingRequest) -> Lease {
        Lease(
            internalPort: request.internalAddress.port, lifetime: request.lifetime, isOfOnePeer: request.remote != nil,
            random: SystemRandomNumberGenerator())
    }

    // What the others learn

    private mutating func report() {
        let now = RouterClock.now()
        while let event = lease.nextEvent() {
            switch event {
            case .mapped(let grant):
                let mapping = mapping(grant)
                write(mapping)
                contender.granted(mapping.external, isGood: mapping.reach == .internet, at: now)
                // What has lost the race is given back before anybody hears of it.
                if contender.turn(at: now) == .go { emit(.mapped(mapping)) }
            case .renewed(let grant):
                let mapping = mapping(grant)
                write(mapping)
                emit(.renewed(mapping))
            case .lost(let failure):
                if lease.isAsking { contender.asksAgain(at: now) } else { contender.refused(at: now) }
                emit(.lost(gateway.method, failure))
            case .failed(let failure):
                contender.left(at: now)
                emit(.failed(gateway.method, failure))
            }
        }
    }

    private func mapping(_ grant: Grant) -> Mapping {
        Mapping(
            method: gateway.method, external: grant.external, internal: gateway.internalAddress,
            transport: request.transport, lifetime: grant.lifetime, router: gateway.router)
    }
}
