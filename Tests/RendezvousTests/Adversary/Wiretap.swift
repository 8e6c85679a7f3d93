import NetPrimitives
@testable import Rendezvous

/// One whole meeting, from the invitation to the good-bye, with an adversary on all four wires between the two clients and
/// the relay: the relay itself, or whoever has broken into it.
struct Wiretap {
    enum Wire: Hashable, CaseIterable, Sendable {
        case fromSharer, toSharer, fromHelper, toHelper

        /// Where what is said on this wire is heard by whoever has said it.
        var reflected: Wire {
            switch self {
            case .fromSharer, .toSharer: .toSharer
            case .fromHelper, .toHelper: .toHelper
            }
        }

        /// The same direction, to or from the other person.
        var crossed: Wire {
            switch self {
            case .fromSharer: .fromHelper
            case .fromHelper: .fromSharer
            case .toSharer: .toHelper
            case .toHelper: .toSharer
            }
        }
    }

    struct Line: Hashable, Sendable {
        var wire: Wire
        var text: [UInt8]
    }

    static let helperPayloads: [PeerPayload] = [
        .description(
            PeerDescription(
                name: "Hugo Helper", fingerprint: "sha-256 AB:CD:EF:01:23:45:67:89", usernameFragment: "ufragH",
                password: "helperPasswordOf24Letters")),
        .candidate(line: "candidate:1 1 udp 2130706431 192.168.17.4 40001 typ host", isMapped: false),
        .endOfCandidates(),
    ]
    static let sharerPayloads: [PeerPayload] = [
        .description(
            PeerDescription(
                name: "Sara Sharer", fingerprint: "sha-256 98:76:54:32:10:FE:DC:BA", usernameFragment: "ufragS",
                password: "sharerPasswordOf24Letters")),
        .candidate(line: "candidate:2 1 udp 2130706431 192.168.18.5 40002 typ host", isMapped: true),
        .endOfCandidates(),
    ]

    /// What the adversary saw, in order: what was said, before its hand was in it.
    private(set) var seen: [Line] = []
    private(set) var verifiedBySharer: [MeetingID] = []
    private(set) var toSharer: [PeerPayload] = []
    private(set) var toHelper: [PeerPayload] = []
    private(set) var helperEnds: [HelperClient.End] = []
    private(set) var isVerifiedByHelper = false
    private(set) var invitation: OwnedInvitation?

    private let kind: InvitationKey.Kind
    private let seed: UInt64
    /// What is delivered in place of the line with this number.
    private let hand: (Int, Line) -> [Line]
    private var server: MeetingServer
    private var store = InMemoryInvitationStore()
    private var sharer: SharerClient
    private var helper: HelperClient?
    private var redirects = Redirects()
    private var now = Instant.zero
    private var wallClock = UnixTime(seconds: 1_795_000_000)

    private static let sharerID = ConnectionID(1), helperID = ConnectionID(2)

    /// Runs it to its end.
    ///
    /// - Parameter after: what the adversary says when everybody has fallen silent.
    init(
        _ kind: InvitationKey.Kind = .code, seed: UInt64 = 1, after: [(Wiretap) -> Line] = [],
        hand: @escaping (Int, Line) -> [Line] = { _, line in [line] }
    ) {
        self.kind = kind
        self.seed = seed
        self.hand = hand
        sharer = SharerClient(random: SeededRandom(seed: seed &* 3 &+ 1))
        server = MeetingServer(random: SeededRandom(seed: seed &* 3 &+ 2)) { label, expires in
            TURNCredentials(username: label, password: Secret("turn".utf8), expires: expires, uris: ["turn:relay:3478"])
        }
        for id in [Self.sharerID, Self.helperID] {
            server.connectionOpened(id, source: .v4(0x0B16_2101), at: now)
        }
        sharer.createInvitation(InvitationTerms())
        sharer.connectionOpened()
        run()
        guard let owned = sharer.invitation else { return }
        invitation = owned
        helper = HelperClient(
            invitation: Invitation(relay: nil, lookup: owned.lookup, key: owned.key(kind)), random: SeededRandom(seed: helperSeed))
        helper?.connectionOpened(at: now)
        run()
        for line in after {
            deliver(line(self))
            run()
        }
        // Whoever still waits for an answer gives up.
        now += HelperClient.handshakeTimeout
        helper?.handleTimeout(at: now)
        server.handleTimeout(at: now, wallClock: wallClock)
        run()
        helper?.leave()
        sharer.revoke()
        run()
    }

    private var helperSeed: UInt64 { seed &* 3 &+ 3 }

    private mutating func run() {
        while let line = nextLine() {
            let number = seen.count
            seen.append(line)
            for delivered in hand(number, line) { deliver(delivered) }
        }
    }

    private mutating func nextLine() -> Line? {
        drain()
        if let text = sharer.nextMessage() { return Line(wire: .fromSharer, text: text) }
        if let text = helper?.nextMessage() { return Line(wire: .fromHelper, text: text) }
        while let output = server.nextOutput() {
            switch output {
            case .send(let text, let id): return Line(wire: id == Self.sharerID ? .toSharer : .toHelper, text: text)
            case .ask(let ticket, let request):
                server.answered(ticket, try? request.perform(in: &store), at: now, wallClock: wallClock)
            case .close: continue
            }
        }
        return nil
    }

    private mutating func deliver(_ line: Line) {
        switch line.wire {
        case .fromSharer: server.receive(line.text, from: Self.sharerID, at: now, wallClock: wallClock)
        case .fromHelper: server.receive(line.text, from: Self.helperID, at: now, wallClock: wallClock)
        case .toSharer: sharer.receive(line.text)
        case .toHelper: helper?.receive(line.text, at: now)
        }
    }

    private mutating func drain() {
        while let event = sharer.nextEvent() {
            switch event {
            case .helperVerified(let meeting, _):
                verifiedBySharer.append(meeting)
                for payload in Self.sharerPayloads { sharer.send(payload, to: meeting) }
            case .payload(let payload, _): toSharer.append(payload)
            case .invitationCreated, .invitationShortened, .invitationResumed, .invitationExtended, .invitationEnded, .helperArrived, .wrongGuess,
                .payloadRejected, .peerLeft, .peerAway, .peerReturned, .rejoined, .forgotten, .elsewhere, .relayRefused: break
            }
        }
        while let event = helper?.nextEvent() {
            switch event {
            case .agreed: for payload in Self.helperPayloads { helper?.send(payload) }
            case .verified: isVerifiedByHelper = true
            case .payload(let payload): toHelper.append(payload)
            case .ended(let end): helperEnds.append(end)
            case .elsewhere(let url): follow(url)
            case .met, .credentials, .payloadRejected, .peerAway, .peerReturned, .rejoined: break
            }
        }
    }
}

extension Wiretap {
    /// As a helper's program does: to wherever the relay says, which is the same relay here, and not for ever.
    private mutating func follow(_ url: RelayURL) {
        guard let here = RelayURL(String("http://relay")), redirects.follow(url, from: here) else {
            helper?.leave()
            return helperEnds.append(.connectionLost)
        }
        helper?.connectionOpened(at: now)
    }
}

// MARK: What came of it

extension Wiretap {
    /// Each side has all that the other said, and believes in it.
    var isTheRightSession: Bool {
        verifiedBySharer.count == 1 && isVerifiedByHelper && toSharer == Self.helperPayloads && toHelper == Self.sharerPayloads
    }

    /// What must hold whatever the adversary does; nil when it does.
    var violation: String? {
        if toSharer != Array(Self.helperPayloads.prefix(toSharer.count)) { return "the sharer took what the helper did not say" }
        if toHelper != Array(Self.sharerPayloads.prefix(toHelper.count)) { return "the helper took what the sharer did not say" }
        if isVerifiedByHelper, verifiedBySharer.isEmpty { return "the helper believes in a sharer that does not believe in it" }
        if !toSharer.isEmpty, verifiedBySharer.isEmpty { return "the sharer took something from somebody unproven" }
        if !toHelper.isEmpty, !isVerifiedByHelper { return "the helper took something from somebody unproven" }
        if verifiedBySharer.count > 1 { return "an invitation for one was used twice" }
        if invitation != nil, helperEnds.isEmpty, !isVerifiedByHelper { return "the helper waits for ever" }
        return nil
    }

    /// The meeting's number as the relay gave it out.
    var meeting: MeetingID? {
        seen.lazy.compactMap { if case .met(let id)? = try? ServerMessage(parsing: $0.text) { id } else { nil } }.first
    }

    /// What nobody on the wires may learn: the invitation's secrets, the key that was agreed upon and those made from it, the
    /// fingerprints, credentials and addresses; each as bytes.
    var secrets: [[UInt8]] {
        guard let invitation else { return [] }
        var found = [invitation.key(.code).secret.exposed, invitation.key(.link).secret.exposed]
        for text in [
            "AB:CD:EF:01:23:45:67:89", "98:76:54:32:10:FE:DC:BA", "ufragH", "ufragS", "helperPasswordOf24Letters",
            "sharerPasswordOf24Letters", "192.168.17.4", "192.168.18.5", "Hugo Helper", "Sara Sharer",
        ] { found.append(Array(text.utf8)) }
        if let key = sessionKey {
            found.append(key.exposed)
            for label in ["ra-rendezvous/1 helper to sharer", "ra-rendezvous/1 sharer to helper"] {
                found.append(Digest.derivedKey(from: key, label: label).exposed)
            }
        }
        return found
    }

    /// CPace's key, worked out once more from the helper's randomness and what both said.
    var sessionKey: Secret? {
        guard let invitation, let meeting else { return nil }
        var random = SeededRandom(seed: helperSeed)
        let channel = CPace.lvCat(
            Array("ra-rendezvous/1".utf8), Array("helper".utf8), Array("sharer".utf8), Array(invitation.lookup.text.utf8),
            Array(kind.rawValue.utf8))
        guard
            let party = try? CPaceParty(
                role: .initiator, password: invitation.key(kind).secret, channel: channel, session: meeting.bytes,
                associatedData: Array("helper".utf8), using: &random)
        else { return nil }
        var answer: [UInt8]?
        for line in seen {
            guard case .opaque(_, let payload)? = try? ServerMessage(parsing: line.text) else { continue }
            switch try? PeerMessage(parsing: payload) {
            case .helperShare(_, let share)?: guard share == party.message.share else { return nil }
            case .sharerShare(let share)?: answer = share
            case .confirm?, .sealed?, nil: continue
            }
        }
        return answer.flatMap { try? party.sessionKey(with: CPace.Message(share: $0, associatedData: Array("sharer".utf8))) }
    }

    /// The first secret that stands in what the adversary saw, as it is, in hexadecimal, or in base64 at whichever offset.
    var leak: String? { leak(in: String(decoding: seen.flatMap { $0.text + [0x0A] }, as: UTF8.self)) }

    func leak(in transcript: String) -> String? {
        let lowercased = transcript.lowercased()
        for secret in secrets {
            let hex = secret.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            if lowercased.contains(hex) { return hex }
            if let text = String(validating: secret, as: UTF8.self), transcript.contains(text) { return text }
            for offset in 0..<3 {
                // Letters that other bytes have a part in are left out at both ends.
                let whole = Base64URL.encode([UInt8](repeating: 0, count: offset) + secret)
                let form = String(whole.dropFirst([0, 2, 3][offset]).dropLast((offset + secret.count) % 3 == 0 ? 0 : 1))
                let standard = form.replacing("-", with: "+").replacing("_", with: "/")
                if transcript.contains(form) || transcript.contains(standard) { return form }
            }
        }
        return nil
    }
}
