import Benchmark
import NetPrimitives
import Relay
import STUN
import TURN

// What the relay does for every packet, a part at a time and without sockets. Every answer is checked: a wrong one ends
// the run with an error.

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock], timeUnits: .nanoseconds, scalingFactor: .kilo, maxDuration: .seconds(1),
        maxIterations: 1_000_000)
    measureDecoding()
    measureLookUps()
    measureDictionary()
    measureRelaying()
}

/// Measures a piece of work, which says whether its answer was right.
///
/// - Parameters:
///   - work: gets what `setup` made, and another number each time.
@inline(__always)
private func measure<Subject>(
    _ name: String, on setup: @escaping () throws -> Subject, _ work: @escaping (Subject, Int) -> Bool
) {
    Benchmark(name) { (benchmark: Benchmark, subject: Subject) in
        let first = benchmark.currentIteration &* benchmark.scaledIterations.count
        var right = 0
        for number in benchmark.scaledIterations where work(subject, first &+ number) { right += 1 }
        let wrong = benchmark.scaledIterations.count - right
        if wrong > 0 { fail("\(name): \(wrong) of \(right + wrong) answers are wrong") }
    } setup: {
        try setup()
    }
}

/// Ends the run as failed: after `Benchmark.error(_:)` the tool's exit code would still be 0.
private func fail(_ reason: String) -> Never { fatalError(reason) }

// MARK: Messages

private let payload = [UInt8](repeating: 0x5A, count: 1000)

private func channelData() -> [UInt8]? {
    ChannelNumber(rawValue: BusyRelay.channel).map { ChannelData(channel: $0, payload: payload[...]).encoded(padded: false) }
}

/// An Allocate request as a client sends it after the challenge, and the key that protects it.
private func allocateRequest() -> (bytes: [UInt8], key: IntegrityKey) {
    var random = SystemRandomNumberGenerator()
    let key = IntegrityKey.longTerm(username: "alice", realm: "ra-relay", password: "secret")
    var builder = MessageBuilder(.request, .allocate, transactionID: TransactionID(using: &random))
    builder.add(RequestedTransport(.udp))
    builder.add(Username("alice"))
    builder.add(Realm("ra-relay"))
    builder.add(Nonce("obMatJos2AAAA0123456789abcdef0123456789"))
    return (builder.finish(key: key, fingerprint: true), key)
}

private func decodedRequest() throws -> (message: Message, key: IntegrityKey) {
    let (bytes, key) = allocateRequest()
    return (try Message(decoding: bytes), key)
}

private func measureDecoding() {
    measure("decode: ChannelData, 1000 B", on: channelData) { bytes, _ in
        guard let bytes, let data = try? ChannelData(decoding: bytes) else { return false }
        return data.channel.rawValue == BusyRelay.channel && data.payload.count == payload.count
    }
    measure("encode: ChannelData, 1000 B", on: { ChannelNumber(rawValue: BusyRelay.channel) }) { channel, _ in
        channel.map { ChannelData(channel: $0, payload: payload[...]).encoded(padded: false).count } == payload.count + 4
    }
    measure("decode: Allocate request with FINGERPRINT", on: allocateRequest) { request, _ in
        (try? Message(decoding: request.bytes))?.attributes.count == 6
    }
    measure("check: its MESSAGE-INTEGRITY", on: decodedRequest) { request, _ in
        (try? request.message.authenticated(with: request.key)) != nil
    }
}

// MARK: Look-ups

private func measureLookUps() {
    measure("check: peer policy, an allowed address", on: { (try BusyRelay(), PeerPolicy()) }) { subject, number in
        let (relay, policy) = subject
        return policy.verdict(for: relay.flow(ofPacket: number).peer.ip) == .allowed
    }
    measure("look up: forwarding table, from client", on: BusyRelay.init) { relay, number in
        let flow = relay.flow(ofPacket: number)
        let route = relay.table.route(
            fromClient: flow.packedClient, to: BusyRelay.packedServer, channel: BusyRelay.channel, at: BusyRelay.now.nanoseconds)
        return route?.pointee.port == flow.packedPort
    }
    measure("look up: forwarding table, from peer", on: BusyRelay.init) { relay, number in
        let flow = relay.flow(ofPacket: number)
        let route = relay.table.route(fromPeer: flow.packedPeer, on: flow.packedPort, at: BusyRelay.now.nanoseconds)
        return route?.pointee.client == flow.packedClient
    }
    measure("look up: forwarding table, nobody's channel", on: BusyRelay.init) { relay, number in
        let flow = relay.flow(ofPacket: number)
        return relay.table.route(
            fromClient: flow.packedClient, to: BusyRelay.packedServer, channel: BusyRelay.channel + 1,
            at: BusyRelay.now.nanoseconds) == nil
    }
    measure("look up: machine's tables, from client", on: { (try BusyRelay(), ChannelNumber(rawValue: BusyRelay.channel)) }) {
        subject, number in
        let (relay, channel) = subject
        let flow = relay.flow(ofPacket: number)
        guard let channel else { return false }
        return relay.withMachine { $0.routeFromClient(channel, of: flow.client, at: BusyRelay.now)?.port == flow.port }
    }
    measure("look up: machine's tables, from peer", on: BusyRelay.init) { relay, number in
        let flow = relay.flow(ofPacket: number)
        return relay.withMachine { $0.routeFromPeer(flow.peer, on: flow.port, at: BusyRelay.now)?.client == flow.client }
    }
}

/// The forwarding table as a part of a `Dictionary`'s time: both in the same round, so that whoever else is at work on the
/// machine slows both.
private func measureDictionary() {
    let part = BenchmarkMetric.custom("% of a Dictionary's time", useScalingFactor: false)
    Benchmark("look up: forwarding table, from client, beside a Dictionary", configuration: .init(metrics: [part])) {
        (benchmark: Benchmark, relay: BusyRelay) in
        let clock = ContinuousClock()
        let numbers = benchmark.scaledIterations
        let first = benchmark.currentIteration &* numbers.count
        var right = 0
        let ours = clock.measure {
            for number in numbers {
                let flow = relay.flow(ofPacket: first &+ number)
                let route = relay.table.route(
                    fromClient: flow.packedClient, to: BusyRelay.packedServer, channel: BusyRelay.channel,
                    at: BusyRelay.now.nanoseconds)
                if route?.pointee.port == flow.packedPort { right += 1 }
            }
        }
        let dictionarys = clock.measure {
            for number in numbers {
                let flow = relay.flow(ofPacket: first &+ number)
                let key = BusyRelay.ClientChannel(
                    client: flow.packedClient, server: BusyRelay.packedServer, channel: BusyRelay.channel)
                if relay.dictionary[key]?.port == flow.packedPort { right += 1 }
            }
        }
        if right != 2 * numbers.count { fail("\(2 * numbers.count - right) of \(2 * numbers.count) routes are wrong") }
        benchmark.measurement(part, Int((100 * (ours / dictionarys)).rounded()))
    } setup: {
        try BusyRelay()
    }
}

// MARK: ChannelData both ways

private func measureRelaying() {
    measure("relay: 1000 B, client to peer, by the machine", on: { (try BusyRelay(), channelData() ?? []) }) { subject, number in
        let (relay, bytes) = subject
        let flow = relay.flow(ofPacket: number)
        return relay.withMachine { machine in
            machine.receive(bytes, from: flow.client, at: BusyRelay.now, wallClock: 0)
            guard case .toPeer(flow.port, flow.peer, let data)? = machine.nextOutput() else { return false }
            return data.count == payload.count && machine.nextOutput() == nil
        }
    }
    measure("relay: 1000 B, peer to client, by the machine", on: BusyRelay.init) { relay, number in
        let flow = relay.flow(ofPacket: number)
        return relay.withMachine { machine in
            machine.receiveFromPeer(payload, from: flow.peer, on: flow.port, at: BusyRelay.now)
            guard case .toClient(flow.client, let message)? = machine.nextOutput() else { return false }
            return message.count == payload.count + 4 && machine.nextOutput() == nil
        }
    }
}
