package import NetPrimitives
package import STUN
import TURN

/// Reads a TCP stream for the answer to one Binding request, and tells it from everything else.
package struct StreamAnswer: Sendable {
    package enum Verdict: Hashable, Sendable {
        case incomplete
        /// The answer with our transaction id; a refusal has no address.
        case ours(reflexive: TransportAddress?)
        case stranger(Stranger)
    }

    private var client: BindingClient
    private var framer = StreamFramer()
    private var isFirst = true

    package init(to client: BindingClient) { self.client = client }

    package mutating func receive(_ bytes: [UInt8], at now: Instant) -> Verdict {
        guard let first = bytes.first else { return .incomplete }
        // The framer would wait for more of what begins like ChannelData, and "HTTP" does. We have no channel.
        guard !isFirst || first < 4 else { return .stranger(Stranger(firstBytes: bytes)) }
        isFirst = false
        framer.append(bytes)
        do {
            guard let text = try framer.nextMessage() else { return .incomplete }
            let message = try Message(decoding: text)
            guard client.receive(message, from: client.server, at: now) else { return .stranger(.stun) }
        } catch {
            return .stranger(.unknown)
        }
        return .ours(reflexive: client.outcome?.reflexive)
    }
}

extension BindingClient.Outcome {
    /// Where the server saw us, when it told.
    var reflexive: TransportAddress? {
        switch self {
        case .reflexive(let address, _): address
        case .refused, .timedOut: nil
        }
    }
}
