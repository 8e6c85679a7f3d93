import HostNetwork
import NetPrimitives
import Rendezvous

/// Somebody who waits: one line, one invitation at a time, one helper for each.
final class Sharer: Line.Owner {
    private unowned let load: Load
    private var line: Line?
    private var machine: SharerClient
    private(set) var meeting: Meeting?
    /// The number that the relay gave the meeting.
    private var id: MeetingID?

    init(_ load: Load, number: Int, from source: String) {
        self.load = load
        machine = SharerClient(random: LoadRandom(seed: ~number))
        line = Line.open(self, to: load.port, from: source, on: load.loop)
        machine.createInvitation(InvitationTerms(lifetime: 3600, uses: 1))
    }

    /// What a helper needs to meet it; nil while there is none.
    var invitation: OwnedInvitation? { meeting == nil ? machine.invitation : nil }

    /// The next helper is this meeting's.
    func expect(_ meeting: Meeting) { self.meeting = meeting }

    func close() { line?.close() }

    /// The meeting is over: there is another invitation.
    func release() {
        if let id { machine.leave(id) }
        (meeting, id) = (nil, nil)
        if machine.invitation == nil { machine.createInvitation(InvitationTerms(lifetime: 3600, uses: 1)) } else { load.waits(self) }
        drain()
    }

    func lineOpened() {
        machine.connectionOpened()
        drain()
    }

    func lineClosed() {
        line = nil
        load.lost(self)
    }

    func lineReceived(_ text: [UInt8]) {
        if let payload = Opaque.payload(of: text) { meeting?.arrivedAtSharer(payload) }
        machine.receive(text)
        while let event = machine.nextEvent() { handle(event) }
        drain()
    }

    private func handle(_ event: SharerClient.Event) {
        switch event {
        case .invitationCreated: if meeting == nil { load.waits(self) }
        case .helperArrived(let id): self.id = id
        case .helperVerified(let id, _):
            guard let meeting, id == self.id else { return }
            for word in meeting.sharerSide.words { machine.send(word, to: id) }
        case .payload(let payload, from: _): meeting?.sharerHeard(payload)
        // The helper leaves when it has heard everything.
        case .peerLeft, .peerAway: meeting?.sharerSawTheEnd()
        case .invitationEnded(.used): break
        case .relayRefused(let code): load.fail("a sharer was refused: \(code.rawValue)", meeting)
        case .invitationEnded, .wrongGuess, .payloadRejected, .forgotten, .elsewhere:
            load.fail("a sharer saw \(event)", meeting)
        case .invitationShortened, .invitationResumed, .invitationExtended, .rejoined, .peerReturned: break
        }
    }

    private func drain() {
        var texts: [[UInt8]] = []
        while let text = machine.nextMessage() { texts.append(text) }
        guard !texts.isEmpty else { return }
        meeting?.sharerSends(texts)
        line?.send(texts)
    }
}
