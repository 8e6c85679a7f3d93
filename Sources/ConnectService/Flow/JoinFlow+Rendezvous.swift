import HostNetwork
import Logging
import NIOCore
import NIOTransport
import NetPrimitives
import Rendezvous
import Session

// The rendezvous' side of it: the connection to the relay, which is made again when it is lost, and what is said there.
extension JoinFlow: RendezvousFlow {
    func heard(_ text: [UInt8]) {
        client.receive(text, at: MonotonicClock.now())
        drainRendezvous()
    }

    func reopened() {
        client.connectionClosed()
        client.connectionOpened(at: MonotonicClock.now())
        drainRendezvous()
    }

    /// A session goes on without the relay, and tries to get it back.
    func lost() {
        socket = nil
        driver?.relayLost()
        client.connectionClosed()
        drainRendezvous()
        rejoin(.connectionLost)
    }

    func rejoin(_ reason: Rejoiner.Reason) {
        guard client.canRejoin, !isOver else { return }
        rejoiner?.assumeIsolated { $0.note(reason) }
    }

    func drainRendezvous() {
        while let event = client.nextEvent() { handle(event) }
        while let text = client.nextMessage() { socket?.send(text) }
        handshakeTimer?.cancel()
        handshakeTimer = client.nextDeadline.map { deadline in
            loop.scheduleTask(in: .until(deadline, from: MonotonicClock.now())) {
                self.assumeIsolated {
                    $0.client.handleTimeout(at: MonotonicClock.now())
                    $0.drainRendezvous()
                }
            }
        }
    }

    /// Gives our card to the sharer.
    func give(_ card: PersonCard, as identity: PersonIdentity) -> Bool {
        client.introduce(as: identity)
        defer { drainRendezvous() }
        return client.send(.card(card))
    }

    func handle(_ event: HelperClient.Event) {
        switch event {
        case .met:
            printer.note("The other side is there; proving the code…")
        case .elsewhere(let url):
            take(search.elsewhere(url))
        case .agreed:
            ClientLog.step("both sides hold the key")
            agreed()
        case .credentials(let turn):
            ClientLog.step("TURN credentials came")
            let (servers, trust) = (servers, trust)
            peer?.assumeIsolated { $0.gatherRelayed(from: servers, credentials: turn, trust: trust) }
        case .verified:
            verified()
        case .payload(let payload):
            driver?.receive(payload)
        case .peerAway:
            driver?.peerLeft(mayReturn: true)
        case .peerReturned:
            peerReturned()
        case .rejoined(let turn):
            rejoined(turn)
        case .payloadRejected:
            printer.note("Something arrived that the other side did not send; it was ignored.")
        case .ended(let end):
            ended(end)
        }
    }

    func ended(_ end: HelperClient.End) {
        switch end {
        // What a file says of its end may be out of date: its owner can have it made longer. So the relay is asked first.
        case .gone: finish(options.invitation.expires.map { $0 < .now() } ?? false ? .invitationExpired : .wrongCode, "")
        case .wrongCode: finish(.wrongCode, "")
        case .declined: driver?.machine == nil ? finish(.declined, "") : peerLeft()
        case .impostor: finish(.error, "Whoever answered does not hold the invitation's secret.")
        case .peerLeft: peerLeft()
        case .relayRefused(.unavailable) where !hasAgreed: take(search.unanswered(.unavailable))
        case .relayRefused(let code): finish(code.endReason, code.description)
        case .connectionLost: finish(.relayLost, "The connection to the relay was lost.")
        case .forgotten: forgotten()
        case .timedOut: finish(.peerLost, "The other side did not answer.")
        }
    }

    /// Who invited must be who answers, by their key: why not, or nil.
    func introduced(_ name: String, _ fingerprint: String, _ person: PersonKey?) -> String? {
        self.fingerprint = fingerprint
        guard let contact = options.contact else { return nil }
        guard person == contact.key else {
            return "Whoever answers has not proven to be \(contact.address), who invited you. Nothing was sent."
        }
        printer.note("\(contact.address), one of your contacts, is at the other side. Fingerprint: \(contact.key.fingerprint)")
        return nil
    }
}
