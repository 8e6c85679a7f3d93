import HostNetwork
import NIOCore
import NetPrimitives
import STUN

/// The relay's dial-back as the checks of one probe share it: it is there when the relay has been found, and for a few at a
/// time.
struct SharedDialBack: Sendable {
    /// Why there is none.
    enum Missing: Error, Hashable, Sendable {
        case relay
        /// Somebody answers in the relay's place.
        case trust
        /// The relay sees the proxy, and would dial that.
        case directWay
        case service

        var sentence: String {
            switch self {
            case .relay: "The relay was not found, so that nobody could be asked to dial back."
            case .trust: "Who answers as the relay is not trusted, and so was not asked to dial back."
            case .directWay: "The relay is reached through the proxy alone, so that it does not see where to dial."
            case .service: "The relay does not dial back: whoever runs it can set dial-back = true."
            }
        }
    }

    /// The relay dials 32 times at once for everybody behind one address: two probes side by side.
    private static let atOnce = 12

    private let finding: Task<Result<DialBack, Missing>, Never>
    private let patience: Duration
    private let end: Instant
    private let turns = Turns(atOnce)

    /// - Parameters:
    ///   - patience: for one dial.
    ///   - end: of the probe.
    init(patience: Duration, until end: Instant, finding: Task<Result<DialBack, Missing>, Never>) {
        self.finding = finding
        self.patience = patience
        self.end = end
    }

    /// As `DialBack.reach`.
    func reach(
        _ transport: TransportProtocol, port: UInt16, seenAt: IPAddress? = nil, via: UInt16? = nil,
        expect: (TransactionID) -> EventLoopFuture<TransportAddress>
    ) async -> Inbound {
        switch await finding.value {
        case .failure(let missing):
            return .untested(why: missing.sentence)
        case .success(let dialBack):
            await turns.take()
            let patience = min(patience, end - MonotonicClock.now())
            let inbound: Inbound =
                if patience > .zero {
                    await dialBack.reach(transport, port: port, seenAt: seenAt, via: via, within: patience, expect: expect)
                } else {
                    .untested(why: "The time was over before the relay could dial.")
                }
            await turns.giveBack()
            return inbound
        }
    }
}
