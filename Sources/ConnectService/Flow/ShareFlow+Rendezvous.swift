import HostNetwork
import Logging
import NIOCore
import NetPrimitives
import Rendezvous
import Session

// The rendezvous' side of it: the connection to the relay, which is made again when it is lost, and what is said there.
extension ShareFlow: RendezvousFlow {
    func heard(_ text: [UInt8]) {
        client.receive(text)
        drainRendezvous()
    }

    func reopened() {
        client.connectionClosed()
        client.connectionOpened()
        drainRendezvous()
    }

    /// A meeting goes on without the relay, and tries to get it back; an invitation needs it.
    func lost() {
        socket = nil
        driver?.relayLost()
        client.connectionClosed()
        drainRendezvous()
        guard meeting == nil, !isOver else { return rejoin(.connectionLost) }
        printer.note("The connection to the relay is lost; trying to get it back.")
        beginReconnecting()
    }

    func rejoin(_ reason: Rejoiner.Reason) {
        guard let meeting, client.canRejoin(meeting), !isOver else { return }
        rejoiner?.assumeIsolated { $0.note(reason) }
    }

    func drainRendezvous() {
        while let event = client.nextEvent() { handle(event) }
        while let text = client.nextMessage() { socket?.send(text) }
    }

    /// Gives our card to whoever helps.
    func give(_ card: PersonCard, as identity: PersonIdentity) -> Bool {
        guard let meeting else { return false }
        client.introduce(as: identity)
        defer { drainRendezvous() }
        return client.send(.card(card), to: meeting)
    }

    func handle(_ event: SharerClient.Event) {
        switch event {
        case .invitationCreated(let invitation, let turn), .invitationResumed(let invitation, let turn):
            self.turn = turn
            redirects.arrive()
            if case .invitationCreated = event {
                show(invitation, isNew: true)
            } else {
                printer.note("The relay is back, and the code is good.")
                // Its owner may have had it made longer meanwhile, from another terminal.
                if let last = records.last, last.record.expires != invitation.expires { show(invitation, isNew: false) }
            }
        case .invitationShortened(let seconds):
            printer.note("This relay gives invitations \(Duration.seconds(seconds).humanText) at most.")
        case .invitationExtended(let invitation):
            show(invitation, isNew: false)
        case .invitationEnded(let end):
            invitationEnded(end)
        case .helperArrived:
            ClientLog.step("a helper has come")
            // One more who knocks while somebody is here changes nothing.
            if meeting == nil { driver?.begin(at: MonotonicClock.now()) }
            gather()
        case .helperVerified(let meeting, _):
            verified(meeting)
        case .wrongGuess(_, let left):
            printer.note(
                left > 0
                    ? "Somebody tried a wrong code. \(left) more \(left == 1 ? "try" : "tries"), then the code is void."
                    : "Somebody tried wrong codes three times: this code is void. Here is a new one.")
        case .payload(let payload, let meeting):
            if meeting == self.meeting { driver?.receive(payload) }
        case .payloadRejected:
            printer.note("Something arrived that the helper did not send; it was ignored.")
        case .peerLeft(let meeting):
            if meeting == self.meeting { peerLeft() }
        case .peerAway(let meeting):
            if meeting == self.meeting { driver?.peerLeft(mayReturn: true) }
        case .peerReturned(let meeting):
            if meeting == self.meeting { peerReturned() }
        case .rejoined(let meeting, let turn):
            if meeting == self.meeting { rejoined(turn) }
        case .forgotten(let meeting):
            if meeting == self.meeting { forgotten() }
        case .elsewhere(let url):
            move(to: url)
        case .relayRefused(let code):
            refused(code)
        }
    }
}
