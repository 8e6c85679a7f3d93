import NetPrimitives

/// Drives one lease on one gateway: the loop of a thread that may block.
package struct MappingWorker {
    /// Sleep goes by the wall clock, which may be set back: look at the lease's own clock now and then.
    private static let longestSleep = Duration.seconds(30)

    private var gateway: any Gateway
    private var lease: Lease
    private let request: MappingRequest
    private let stop: StopSignal
    private let emit: (Mapper.Event) -> Void
    private let clock = ContinuousClock()
    private let origin: ContinuousClock.Instant

    package init(
        gateway: any Gateway, request: MappingRequest, stop: StopSignal, emit: @escaping (Mapper.Event) -> Void
    ) {
        self.gateway = gateway
        self.request = request
        self.stop = stop
        self.emit = emit
        lease = Lease(
            internalPort: request.internalAddress.port, lifetime: request.lifetime,
            random: SystemRandomNumberGenerator())
        origin = clock.now
    }

    /// Returns when the mapping could not be made, or after `stop`, when it has been removed.
    package mutating func run() {
        do throws(MappingFailure) { try gateway.find() } catch {
            emit(.failed(gateway.method, error))
            return
        }
        var question = lease.start()
        while !stop.isSet {
            if let ask = question {
                question = lease.receive(gateway.answer(to: ask), at: now)
                report()
            } else if let deadline = lease.nextDeadline {
                if stop.wait(for: min(deadline - now, Self.longestSleep)) { break }
                question = lease.handleTimeout(at: now)
            } else {
                break
            }
        }
        if let port = lease.heldPort { gateway.release(externalPort: port) }
    }

    private var now: Instant { Instant.zero + (clock.now - origin) }

    private mutating func report() {
        while let event = lease.nextEvent() {
            switch event {
            case .mapped(let grant):
                emit(
                    .mapped(
                        Mapping(
                            method: gateway.method, external: grant.external, internal: gateway.internalAddress,
                            transport: request.transport, lifetime: grant.lifetime, router: gateway.router)))
            case .lost(let failure): emit(.lost(gateway.method, failure))
            case .failed(let failure): emit(.failed(gateway.method, failure))
            }
        }
    }
}
