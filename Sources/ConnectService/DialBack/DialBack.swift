import Foundation
package import NIOCore
import NIOHTTP1
package import NetPrimitives
package import STUN

/// Has the relay try a port of this network from outside: at the address that the relay sees us at, and no other.
package struct DialBack: Sendable {
    /// What the relay says of one dial. Only a nonce that has come shows that it was us whom it reached.
    package enum Outcome: Hashable, Sendable {
        /// TCP: somebody took the connection. UDP: the nonce was answered.
        case open
        case refused
        case filtered
        /// UDP from a port that the relay listens on, where it does not see an answer.
        case sent
        /// Nothing was dialled; a sentence says why.
        case untested(why: String)
    }

    package struct Answer: Hashable, Sendable {
        /// Where the relay saw our request come from, and so what it dialled; nil when it did not say.
        package var address: IPAddress?
        package var outcome: Outcome

        package init(address: IPAddress?, outcome: Outcome) {
            self.address = address
            self.outcome = outcome
        }
    }

    /// The relay takes 2.75 s at most; the rest is for the way there and back, and for TLS.
    static let patience = Duration.seconds(6)
    /// After the relay has seen somebody take its call: how late the call itself may come.
    private static let grace = TimeAmount.seconds(1)

    private let endpoint: RelayEndpoint
    private let path: String
    private let address: IPAddress?
    private let trust: RelayTrust
    private let loop: any EventLoop

    /// - Parameter address: which of the relay's addresses is asked: it dials from that one, and in its family.
    /// - Returns: nil when the relay does not dial back.
    init?(_ relay: RelayDiscovery.Relay, at address: IPAddress?, trust: RelayTrust, loop: any EventLoop) {
        guard let path = relay.description.probe.dialBack, path.hasPrefix("/") else { return nil }
        endpoint = relay.endpoint
        self.path = path
        self.address = address
        self.trust = trust
        self.loop = loop
    }

    /// Has one port dialled, with a nonce that nobody else knows.
    ///
    /// - Parameters:
    ///   - port: of the address that the relay sees us at: 443 or from 1024 on.
    ///   - via: the relay's UDP port to send from; nil: one that we cannot have sent to.
    package func dial(
        _ transport: TransportProtocol, port: UInt16, nonce: TransactionID, via: UInt16? = nil,
        within patience: Duration = patience
    ) async -> Answer {
        let query = "transport=\(transport)&port=\(port)&nonce=\(nonce)" + (via.map { "&via=\($0)" } ?? "")
        do {
            let answer = try await HTTPFetch.ask(
                .POST, "\(path)?\(query)", of: endpoint, at: address, meeting: TLSMeeting(trust), maximumBytes: 4096,
                timeout: TimeAmount(patience), loop: loop)
            return try JSONDecoder().decode(DialBackAnswer.self, from: Data(answer.body)).answer
        } catch {
            return Answer(address: nil, outcome: .untested(why: "The relay did not answer when it was asked to dial back."))
        }
    }

    /// Has one port dialled, and waits for the call where it should come in.
    ///
    /// - Parameters:
    ///   - seenAt: where the relay should see us: a port behind another address is not the one that is meant. nil: anywhere.
    ///   - expect: begins to wait for a nonce.
    package func reach(
        _ transport: TransportProtocol, port: UInt16, seenAt: IPAddress? = nil, via: UInt16? = nil,
        within patience: Duration = patience, expect: (TransactionID) -> EventLoopFuture<TransportAddress>
    ) async -> Inbound {
        var random = SystemRandomNumberGenerator()
        let nonce = TransactionID(using: &random)
        let arrival = expect(nonce)
        let asking = Task { await dial(transport, port: port, nonce: nonce, via: via, within: patience) }
        let hasCome = arrival.eventLoop.makePromise(of: Bool.self)
        arrival.whenSuccess { _ in hasCome.succeed(true) }
        // Who has the nonce need not wait for the relay's answer.
        arrival.whenSuccess { _ in asking.cancel() }
        let answer = await withTaskCancellationHandler { await asking.value } onCancel: { asking.cancel() }
        let isLate = answer.outcome == .open || answer.outcome == .sent
        let alarm = arrival.eventLoop.scheduleTask(in: isLate ? Self.grace : .zero) { hasCome.succeed(false) }
        defer { alarm.cancel() }
        return Inbound(answer, hasCome: (try? await hasCome.futureResult.get()) ?? false, port: port, seenAt: seenAt)
    }
}

/// What the relay writes.
private struct DialBackAnswer: Decodable {
    var address: String?
    var result: String?
    var why: String?

    var answer: DialBack.Answer {
        let outcome: DialBack.Outcome =
            switch result {
            case "open": .open
            case "refused": .refused
            case "filtered": .filtered
            case "sent": .sent
            default: .untested(why: why.map { String($0.prefix(200)) } ?? "The relay did not say whether it dialled.")
            }
        return DialBack.Answer(address: address.flatMap { IPAddress($0) }, outcome: outcome)
    }
}
