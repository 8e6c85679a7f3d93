package import NIOCore
package import NetPrimitives
package import STUN

/// Asks the relay, from UDP ports of ours, how it sees them, and has it try to come in (RFC 5780 §4).
package struct NATCheck: Sendable {
    /// A fifth destination would not tell more than four do.
    package static let destinationLimit = 4

    /// Has the relay send to a port of ours from one that we have not sent to, and waits for it there.
    package typealias Call = @Sendable (
        _ port: UInt16, _ seenAt: IPAddress, _ expect: @Sendable (TransactionID) -> EventLoopFuture<TransportAddress>
    ) async -> Inbound

    private let loop: any EventLoop
    private let patience: ProbePatience
    private let call: Call

    package init(loop: any EventLoop, patience: ProbePatience, call: @escaping Call) {
        self.loop = loop
        self.patience = patience
        self.call = call
    }

    /// - Parameters:
    ///   - local: the address that faces the relay.
    ///   - servers: different ports of one address; those beyond the limit are left out.
    package func run(from local: IPAddress, to servers: [TransportAddress]) async -> NATReport {
        guard let port = try? await BindingPort.open(on: local, loop: loop) else {
            return NATReport(local: nil, reflexive: [:])
        }
        defer { port.close() }
        let asked = Array(servers.prefix(Self.destinationLimit))
        let answers = await ask(asked, from: port)
        var report = NATReport(
            local: port.local,
            reflexive: Dictionary(answers.map { ($0.port, $1.reflexive) }, uniquingKeysWith: { first, _ in first }))
        // Whoever answered is asked about the rest.
        guard let server = asked.first(where: { answers[$0] != nil }), let answer = answers[server] else { return report }
        let other = answer.other.flatMap { $0.ip != server.ip && $0.port != server.port ? $0 : nil }
        async let elsewhere = ask(other.map { [TransportAddress(ip: $0.ip, port: server.port), $0] } ?? [], from: port)
        async let filtering = filtering(from: local, at: server, hasOther: other != nil)
        async let hairpin = hairpin(to: port, seenAt: answer.reflexive, server: server)
        report.elsewhere = Dictionary(await elsewhere.map { ($0.port, $1.reflexive) }, uniquingKeysWith: { first, _ in first })
        report.filtering = await filtering
        report.hairpin = await hairpin
        return report
    }

    private func ask(
        _ servers: [TransportAddress], from port: BindingPort
    ) async -> [TransportAddress: BindingPort.Answer] {
        await withTaskGroup(of: (TransportAddress, BindingPort.Answer?).self) { group in
            for server in servers {
                group.addTask { (server, await port.ask(server, within: patience.answer)) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// RFC 5780 §4.4, from a new port: what the other one has sent must not count. Without a second address the relay is
    /// asked to call from a port that nobody knows.
    private func filtering(from local: IPAddress, at server: TransportAddress, hasOther: Bool) async -> NATFiltering {
        guard let port = try? await BindingPort.open(on: local, loop: loop) else { return .unknown }
        defer { port.close() }
        guard let answer = await port.ask(server, within: patience.answer) else { return .unknown }
        guard hasOther else {
            return switch await call(answer.reflexive.port, answer.reflexive.ip, { port.expect($0) }) {
            case .open: .portIndependent
            case .refused, .filtered: .addressAndPortDependent
            case .untested: .unknown
            }
        }
        async let fromOtherAddress = port.ask(server, change: ChangeRequest(address: true, port: true), within: patience.stray)
        async let fromOtherPort = port.ask(server, change: ChangeRequest(address: false, port: true), within: patience.stray)
        if await fromOtherAddress != nil { return .endpointIndependent }
        return await fromOtherPort != nil ? .addressDependent : .addressAndPortDependent
    }

    /// A second port of ours sends to the outside of the first. Both send, so that a NAT that filters lets both in.
    private func hairpin(to port: BindingPort, seenAt outside: TransportAddress, server: TransportAddress) async -> Bool? {
        guard outside.ip != port.local.ip, let second = try? await BindingPort.open(on: port.local.ip, loop: loop)
        else { return nil }
        defer { second.close() }
        guard let answer = await second.ask(server, within: patience.answer) else { return nil }
        var random = SystemRandomNumberGenerator()
        let nonce = TransactionID(using: &random)
        let request = MessageBuilder(.request, .binding, transactionID: nonce).finish(fingerprint: true)
        let opener = MessageBuilder(.indication, .binding, transactionID: nonce).finish(fingerprint: true)
        let hasCome = loop.makePromise(of: Bool.self)
        port.expect(nonce).whenSuccess { _ in hasCome.succeed(true) }
        let sending = ProbePatience.sending.dropLast().map { delay in
            loop.scheduleTask(in: delay) {
                port.send(opener, to: answer.reflexive)
                second.send(request, to: outside)
            }
        }
        let alarm = loop.scheduleTask(in: TimeAmount(patience.hairpin)) { hasCome.succeed(false) }
        defer {
            for task in sending { task.cancel() }
            alarm.cancel()
        }
        return try? await hasCome.futureResult.get()
    }
}
