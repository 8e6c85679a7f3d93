import Logging
import NIOCore
import NIOTransport
import Rendezvous
import Session

/// A flow's connection to the rendezvous: the first WebSocket, and those that follow it in mid-session (`Rejoiner`).
protocol RendezvousFlow: AssistanceFlow {
    nonisolated var loop: any EventLoop { get }
    var printer: EventPrinter { get }
    /// The one there is now; nil while it is being opened, and after it was lost.
    var socket: RendezvousSocket? { get set }
    /// The one before, until the relay knows the one there is now.
    var former: RendezvousSocket? { get set }
    var rejoiner: Rejoiner? { get }
    var peer: PeerConnection? { get }
    var driver: SessionDriver? { get }

    /// Hands what was said to the machine, and says what it wants said.
    func heard(_ text: [UInt8])
    /// Begins anew with the machine on another WebSocket.
    func reopened()
    /// The WebSocket is gone.
    func lost()
    /// Gives our card to the other side; false while the relay takes nothing.
    func give(_ card: PersonCard, as identity: PersonIdentity) -> Bool
}

extension RelayErrorCode {
    /// How a flow ends that a relay has refused.
    var endReason: EndReason {
        switch self {
        case .notAllowed: .policy
        // It is there, and without its database it is none.
        case .unavailable: .relayLost
        case .malformed, .tooLarge, .unsupportedVersion, .wrongState, .rateLimited, .busy: .error
        }
    }
}

extension RendezvousFlow {
    /// Who makes contacts of the two in a session; nil where they are contacts, or there are to be none.
    func sessionContacts(_ setup: SessionContacts.Setup?) -> SessionContacts? {
        setup.map { setup in
            SessionContacts(setup, printer: printer, loop: loop) { [weak self] identity, card in
                self?.assumeIsolated { $0.give(card, as: identity) } ?? false
            }
        }
    }

    func received(_ event: RendezvousSocket.Event) {
        guard rejoiner?.assumeIsolated({ $0.current }) ?? 0 == 0 else { return }  // it has a successor
        switch event {
        case .text(let text): heard(text)
        case .closed:
            guard socket != nil else { return }  // whoever opens it is still at it, and will notice
            lost()
        }
    }

    func received(_ event: Rejoiner.Event) {
        switch event {
        case .opened(let opened):
            former?.close()
            former = socket
            socket = opened
            reopened()
        case .text(let text): heard(text)
        case .closed: lost()
        }
    }

    /// We are in the meeting again: what was said since the last connection died is lost, on both sides.
    func rejoined(_ turn: TURNCredentials?) {
        ClientLog.step("the rendezvous is back")
        former?.close()
        former = nil
        driver?.hasLostRelay = false
        rejoiner?.assumeIsolated { $0.succeeded() }
        peer?.assumeIsolated {
            $0.renew(turn)
            $0.signalAgain()
        }
    }

    func peerReturned() {
        driver?.peerReturned()
        peer?.assumeIsolated { $0.signalAgain() }
    }

    /// The peer has left for good: there is nothing to come back to.
    func peerLeft() {
        rejoiner?.assumeIsolated { $0.giveUp() }
        driver?.peerLeft()
    }

    func forgotten() {
        ClientLog.relay.notice("the relay has no place for us any more; the session goes on without it")
        driver?.hasLostRelay = true
        rejoiner?.assumeIsolated { $0.giveUp() }
    }
}
