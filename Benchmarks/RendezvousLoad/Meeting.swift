import HostNetwork
import NetPrimitives
import Rendezvous

/// One helper and one sharer, from the helper's connection to the end: what each says, what is under way, and how long it took.
final class Meeting: Line.Owner {
    private unowned let load: Load
    let sharer: Sharer
    private var line: Line?
    private var machine: HelperClient
    private(set) var sharerSide: Side
    private var helperSide: Side
    private var toSharer = UnderWay()
    private var toHelper = UnderWay()
    private let began = MonotonicClock.now()
    /// When the helper asked for the sharer.
    private var asked: Instant?
    private var hasCredentials = false
    private var isOver = false
    /// Whether it counts.
    let counts: Bool

    init(_ load: Load, with sharer: Sharer, _ invitation: OwnedInvitation, number: Int, from source: String, counts: Bool) {
        self.load = load
        self.sharer = sharer
        self.counts = counts
        // Codes and links take turns.
        machine = HelperClient(
            invitation: Invitation(relay: nil, lookup: invitation.lookup, key: invitation.key(number.isMultiple(of: 2) ? .code : .link)),
            random: LoadRandom(seed: number))
        sharerSide = Side(name: "sharer", number: number, candidates: load.plan.candidates)
        helperSide = Side(name: "helper", number: number, candidates: load.plan.candidates)
        line = Line.open(self, to: load.port, from: source, on: load.loop)
    }

    var isLate: Bool { MonotonicClock.now() - began > .seconds(10) }

    // MARK: The helper's line

    func lineOpened() {
        let now = MonotonicClock.now()
        asked = now
        machine.connectionOpened(at: now)
        drain()
    }

    func lineReceived(_ text: [UInt8]) {
        let now = MonotonicClock.now()
        if let payload = Opaque.payload(of: text) {
            guard let time = toHelper.arrived(payload, at: now) else { return fail("a helper got what no sharer sent next") }
            load.record(.message, time, counts)
        }
        machine.receive(text, at: now)
        while let event = machine.nextEvent() { handle(event, at: now) }
        drain()
    }

    func lineClosed() {
        line = nil
        if !isOver { fail("a helper's connection was closed") }
    }

    private func handle(_ event: HelperClient.Event, at now: Instant) {
        switch event {
        case .met: if let asked { load.record(.met, now - asked, counts) }
        case .agreed: for word in helperSide.words { machine.send(word) }
        case .credentials(let turn): hasCredentials = turn.username.contains(":i-") && turn.expires.seconds > 0
        case .verified: break
        case .payload(let payload):
            guard helperSide.hears(payload, from: sharerSide) else { return fail("a helper heard \(payload)") }
            finishIfComplete()
        case .payloadRejected, .peerAway, .rejoined, .peerReturned, .elsewhere: fail("a helper saw \(event)")
        case .ended(let end): if !isOver { fail("a helper's attempt ended: \(end)") }
        }
    }

    private func drain() {
        var texts: [[UInt8]] = []
        while let text = machine.nextMessage() { texts.append(text) }
        guard !texts.isEmpty else { return }
        toSharer.sent(texts, at: MonotonicClock.now())
        line?.send(texts)
    }

    // MARK: The sharer's line

    func sharerSends(_ texts: [[UInt8]]) { toHelper.sent(texts, at: MonotonicClock.now()) }

    func arrivedAtSharer(_ payload: ArraySlice<UInt8>) {
        guard let time = toSharer.arrived(payload, at: MonotonicClock.now()) else { return fail("a sharer got what no helper sent next") }
        load.record(.message, time, counts)
    }

    func sharerHeard(_ payload: PeerPayload) {
        guard sharerSide.hears(payload, from: helperSide) else { return fail("a sharer heard \(payload)") }
        finishIfComplete()
    }

    func sharerSawTheEnd() { if !isOver { fail("a sharer lost its helper") } }

    // MARK: The end

    private func finishIfComplete() {
        guard !isOver, sharerSide.hasHeardAll(of: helperSide), helperSide.hasHeardAll(of: sharerSide) else { return }
        guard hasCredentials else { return fail("a helper got no credentials") }
        load.record(.whole, MonotonicClock.now() - began, counts)
        over()
        load.completed(self)
    }

    func fail(_ why: String) {
        guard !isOver else { return }
        load.fail(why, nil)
        over()
        load.failed(self)
    }

    private func over() {
        isOver = true
        machine.leave()
        drain()
        line?.close()
    }
}
