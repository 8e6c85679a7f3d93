import NetPrimitives
@testable import Rendezvous
import Testing

@Suite("Who was in a meeting comes back to it")
struct RejoinTests {
    private static func candidate(_ number: Int) -> PeerPayload {
        .candidate(line: "candidate:\(number)", isMapped: false)
    }

    /// Both say something that the other hears, in order; nothing was rejected.
    private func talk(_ stage: inout Stage, _ sharer: ConnectionID, _ helper: ConnectionID, _ meeting: MeetingID, _ number: Int) {
        let before = (stage.payloads(toSharer: sharer).count, stage.payloads(to: helper).count)
        for offset in 0..<3 {
            #expect(stage.helpers[helper]?.send(Self.candidate(number + offset)) == true)
            #expect(stage.sharers[sharer]?.send(Self.candidate(number + 10 + offset), to: meeting) == true)
        }
        stage.run()
        #expect(stage.payloads(toSharer: sharer).dropFirst(before.0) == (0..<3).map { Self.candidate(number + $0) }[...])
        #expect(stage.payloads(to: helper).dropFirst(before.1) == (10..<13).map { Self.candidate(number + $0) }[...])
        for events in stage.helperEvents.values { #expect(!events.contains(.payloadRejected)) }
        for events in stage.sharerEvents.values { #expect(!events.contains(.payloadRejected(meeting))) }
    }

    @Test("one side, again and again, while the other is there")
    func oneSide() {
        var stage = Stage()
        var (sharer, helper, meeting) = stage.pair()
        talk(&stage, sharer, helper, meeting, 100)
        for round in 1...3 {
            stage.cut(helper)
            // Said into the dark: lost, and it does not matter.
            stage.sharers[sharer]?.send(Self.candidate(1), to: meeting)
            stage.run()
            helper = stage.comeBack(helper)
            #expect(stage.helperEvents[helper]?.contains { if case .rejoined(_?) = $0 { true } else { false } } == true)
            #expect(stage.sharerEvents[sharer]?.count { $0 == .peerReturned(meeting) } == round)
            talk(&stage, sharer, helper, meeting, 100 + round * 100)
        }
        stage.cut(sharer)
        sharer = stage.comeBack(sharer)
        #expect(stage.helperEvents[helper]?.last == .peerReturned)
        talk(&stage, sharer, helper, meeting, 1000)
    }

    @Test("both at once, whoever is first", arguments: [true, false])
    func bothSides(_ helperIsFirst: Bool) {
        var stage = Stage()
        var (sharer, helper, meeting) = stage.pair()
        for round in 1...3 {
            stage.cut(sharer, helper)
            #expect(stage.helpers[helper]?.send(Self.candidate(1)) == false)
            #expect(stage.sharers[sharer]?.send(Self.candidate(1), to: meeting) == false)
            if helperIsFirst { helper = stage.comeBack(helper) }
            // The first says what it has to say to somebody who is not there yet.
            if helperIsFirst { stage.helpers[helper]?.send(Self.candidate(2)) }
            sharer = stage.comeBack(sharer)
            if !helperIsFirst { helper = stage.comeBack(helper) }
            talk(&stage, sharer, helper, meeting, 100 * round)
        }
        #expect(stage.server.meetingCount == 1 && stage.server.halfMeetings == 0 && stage.server.emptySeats.isEmpty)
    }

    @Test("the relay may notice the lost connections before, and in whatever way", arguments: [true, false])
    func noticed(_ isSilent: Bool) {
        var stage = Stage()
        var (sharer, helper, meeting) = stage.pair()
        stage.disconnect(helper, isSilent: isSilent)
        #expect(stage.sharerEvents[sharer]?.contains(.peerAway(meeting)) == !isSilent)
        stage.disconnect(sharer, isSilent: isSilent)
        #expect(stage.server.connectionCount == 0 && stage.server.meetingCount == 1)
        #expect(stage.server.halfMeetings == 1 && stage.server.emptySeats == [Stage.address: 2])
        #expect(stage.server.meetingStages.all.allSatisfy { $0.count == 0 }, "a relay that drains does not wait for it")
        stage.skip(seconds: 15 * 60)
        helper = stage.comeBack(helper)
        stage.skip(seconds: 15 * 60)
        sharer = stage.comeBack(sharer)
        talk(&stage, sharer, helper, meeting, 100)
        #expect(stage.server.halfMeetings == 0 && stage.server.emptySeats.isEmpty)
    }

    @Test("what both are away from for sixteen minutes is forgotten, and so is it by a relay that restarts")
    func forgotten() {
        var stage = Stage()
        let (sharer, helper, meeting) = stage.pair()
        stage.disconnect(sharer, isSilent: true)
        stage.skip(seconds: 3600)
        #expect(stage.server.meetingCount == 1, "one is there")
        stage.disconnect(helper, isSilent: true)
        stage.skip(seconds: 16 * 60)
        #expect(stage.server.meetingCount == 0 && stage.server.halfMeetings == 0 && stage.server.emptySeats.isEmpty)
        #expect(stage.server.nextDeadline == nil)
        let back = stage.comeBack(helper)
        #expect(stage.ends(of: back) == [.forgotten])

        stage.server = Stage().server
        let sharerBack = stage.comeBack(sharer)
        #expect(stage.sharerEvents[sharerBack]?.last == .forgotten(meeting))
        #expect(stage.sharers[sharerBack]?.canRejoin(meeting) == false)
    }

    @Test("a relay that keeps no seats is not asked for them, and a peer who does not follow is not left behind")
    func withoutSeats() {
        for isOldRelay in [true, false] {
            var stage = Stage()
            if isOldRelay {
                stage.onWayToClient = { message, _ in if case .seated = message { [] } else { [message] } }
            }
            let sharer = stage.sharer()
            let helper = stage.helper(stage.invitation(of: sharer))
            var description = PeerTests.peer
            description.returns = isOldRelay
            let meeting = stage.verified(by: sharer).first ?? MessageTests.meeting
            stage.helpers[helper]?.send(.description(description))
            stage.sharers[sharer]?.send(.description(description), to: meeting)
            stage.run()
            #expect(stage.helpers[helper]?.canRejoin == false && stage.sharers[sharer]?.canRejoin(meeting) == false)
            stage.cut(sharer, helper)
            #expect(stage.sharerEvents[sharer]?.last == .forgotten(meeting))
            #expect(stage.ends(of: helper) == [.forgotten])
        }
    }

    @Test("who left in order does not come back, and the other hears that it left")
    func left() {
        var stage = Stage()
        let (sharer, helper, meeting) = stage.pair()
        stage.helpers[helper]?.leave()
        stage.run()
        #expect(stage.sharerEvents[sharer]?.last == .peerLeft(meeting))
        #expect(stage.server.meetingCount == 0)
        stage.disconnect(helper)
        #expect(stage.server.meetingCount == 0 && stage.server.halfMeetings == 0)
    }

    // MARK: Who may not

    @Test("a stranger, a replay, an old proof and the other side's are turned away, and nobody notices")
    func hostile() throws {
        var stage = Stage()
        var said: [ClientMessage] = []
        var (sharer, helper, meeting) = stage.pair()
        stage.cut(helper)
        helper = stage.connectAnew(helper, hearing: &said)
        let rejoin = try #require(said.first)
        guard case .rejoin(_, .helper, 1, let proof) = rejoin else { throw Unexpected() }
        let heard = (stage.heard[sharer], stage.heard[helper])
        let stranger = stage.connect(from: .v4(3))
        let key = SeatKey(seed: MessageTests.seed)
        let attempts: [ClientMessage] = [
            rejoin, .rejoin(meeting, .helper, number: 0, proof: proof), .rejoin(meeting, .helper, number: 2, proof: proof),
            .rejoin(meeting, .sharer, number: 2, proof: proof),
            .rejoin(meeting, .helper, number: 2, proof: key.proof(of: .helper, in: meeting, number: 2)),
            .rejoin(MessageTests.meeting, .helper, number: 2, proof: key.proof(of: .helper, in: meeting, number: 2)),
            .seat(meeting, key: key.publicKey), .opaque(meeting, payload: "x"), .leave(meeting),
        ]
        for attempt in attempts { stage.say(attempt, from: stranger) }
        #expect(stage.heard[stranger] == (0..<4).map { _ in .forgotten(meeting) } + [.forgotten(meeting), .forgotten(MessageTests.meeting)])
        #expect(stage.heard[sharer] == heard.0 && stage.heard[helper] == heard.1)
        // A seat's key is not changed by who sits on it either: nobody who is let near a connection keeps the seat.
        stage.say(.seat(meeting, key: key.publicKey), from: helper)
        stage.say(.rejoin(meeting, .helper, number: 9, proof: key.proof(of: .helper, in: meeting, number: 9)), from: stranger)
        #expect(stage.heard[stranger]?.last == .forgotten(meeting))
        talk(&stage, sharer, helper, meeting, 100)
        stage.cut(helper)
        helper = stage.comeBack(helper)
        talk(&stage, sharer, helper, meeting, 200)
    }

    private struct Unexpected: Error {}

    @Test("a connection that was taken over is closed, and whatever still comes by it changes nothing")
    func stale() {
        var stage = Stage()
        let (sharer, dead, meeting) = stage.pair()
        stage.cut(dead)
        let helper = stage.comeBack(dead)
        #expect(stage.closed == [dead])
        stage.say(.opaque(meeting, payload: "sealed AAAA"), from: dead)
        stage.say(.leave(meeting), from: dead)
        stage.server.connectionClosed(dead, at: stage.now)
        talk(&stage, sharer, helper, meeting, 100)

        stage.cut(sharer)
        let back = stage.comeBack(sharer)
        #expect(stage.closed == [dead, sharer], "its invitation is used up: nothing else hangs on it")
        stage.disconnect(sharer)
        talk(&stage, back, helper, meeting, 200)
    }

    @Test("a sharer who still invites comes back to the invitation and to the meeting, in one go")
    func resumes() {
        var stage = Stage()
        let dead = stage.sharer(InvitationTerms(uses: 2))
        let invitation = stage.invitation(of: dead)
        let helper = stage.helper(invitation)
        let meeting = stage.verified(by: dead).first ?? MessageTests.meeting
        stage.helpers[helper]?.send(.description(PeerTests.peer))
        stage.sharers[dead]?.send(.description(PeerTests.peer), to: meeting)
        stage.run()
        stage.cut(dead)
        let sharer = stage.comeBack(dead)
        talk(&stage, sharer, helper, meeting, 100)
        _ = stage.helper(invitation)
        #expect(stage.isVerified(stage.latest))
    }

    // MARK: A relay that lies

    @Test("that plays back, mixes up or makes up what was sealed before and after gets nothing opened twice", arguments: 0..<30 as Range<UInt64>)
    func lies(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var stage = Stage(seed: seed)
        var (sharer, helper, meeting) = stage.pair()
        var boxes: [ServerMessage] = []
        var liar = random
        stage.onWayToClient = { message, _ in
            guard case .opaque(let meeting, let payload) = message else { return [message] }
            boxes.append(message)
            switch Int.random(in: 0..<6, using: &liar) {
            case 0: return []
            case 1: return [boxes.randomElement(using: &liar) ?? message, message]
            case 2: return [message, boxes.randomElement(using: &liar) ?? message]
            case 3:
                let words = payload.split(separator: " ")
                return [.opaque(meeting, payload: "sealed \(UInt32.random(in: 1...5, using: &liar)) \(words.last ?? "")"), message]
            default: return [message]
            }
        }
        for number in 100..<160 {
            stage.helpers[helper]?.send(Self.candidate(number))
            stage.sharers[sharer]?.send(Self.candidate(number), to: meeting)
            stage.run()
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                stage.cut(helper)
                helper = stage.comeBack(helper)
            case 1:
                stage.cut(sharer)
                sharer = stage.comeBack(sharer)
            default: break
            }
        }
        for heard in [stage.allPayloads(toSharer: true), stage.allPayloads(toSharer: false)] {
            let numbers = heard.compactMap { payload -> Int? in
                guard case .candidate(let line, _, _) = payload else { return nil }
                return Int(line.dropFirst("candidate:".count))
            }
            #expect(numbers == Array(Set(numbers)).sorted(), "seed \(seed)")
        }
        stage.onWayToClient = { message, _ in [message] }
        stage.cut(sharer, helper)
        sharer = stage.comeBack(sharer)
        helper = stage.comeBack(helper)
        stage.helpers[helper]?.send(Self.candidate(9000))
        stage.sharers[sharer]?.send(Self.candidate(9000), to: meeting)
        stage.run()
        #expect(stage.payloads(toSharer: sharer).last == Self.candidate(9000), "seed \(seed)")
        #expect(stage.payloads(to: helper).last == Self.candidate(9000), "seed \(seed)")
    }

    // MARK: Bounds

    /// A confirmed meeting between two raw connections whose seats are kept.
    private func seatedPair(_ stage: inout Stage, from source: IPAddress, helper other: IPAddress) throws -> (ConnectionID, ConnectionID) {
        let (sharer, helper) = (stage.connect(from: source), stage.connect(from: other))
        stage.say(.create(InvitationTerms()), from: sharer)
        guard case .created(let lookup, _, _, _, _, _)? = stage.heard[sharer]?.last else { throw Unexpected() }
        stage.say(.meet(lookup), from: helper)
        guard case .met(let meeting)? = stage.heard[helper]?.last else { throw Unexpected() }
        stage.say(.confirmed(meeting), from: sharer)
        for id in [sharer, helper] { stage.say(.seat(meeting, key: SeatKey(seed: MessageTests.seed).publicKey), from: id) }
        return (sharer, helper)
    }

    @Test("one source has so many seats kept and no more; a /56 is one source, and others are not touched by it")
    func perSource() throws {
        var configuration = MeetingServerConfiguration()
        configuration.maximumHalfMeetingsPerSource = 2
        configuration.maximumHalfMeetings = 6
        for (source, sameSource) in [
            (IPAddress.v4(1), IPAddress.v4(1)), (.v6(0x2600_0000_0000_0000, 1), .v6(0x2600_0000_0000_00FF, 9)),
        ] {
            var stage = Stage(configuration: configuration)
            let crowd = try (0..<3).map { _ in try seatedPair(&stage, from: .v4(7), helper: source) }
            for (_, helper) in crowd.prefix(2) { stage.disconnect(helper, isSilent: true) }
            #expect(stage.server.meetingCount == 3)
            // Whose sharer is there still; but there is nothing to come back to.
            stage.disconnect(crowd[2].1, isSilent: true)
            #expect(stage.server.meetingCount == 3)
            #expect(stage.server.halfMeetings == 2)
            let more = try seatedPair(&stage, from: .v4(7), helper: sameSource)
            stage.disconnect(more.1, isSilent: true)
            #expect(stage.server.halfMeetings == 2)
            let others = try (0..<5).map { try seatedPair(&stage, from: .v4(7), helper: .v4(100 + UInt32($0))) }
            for (_, helper) in others { stage.disconnect(helper) }
            #expect(stage.server.halfMeetings == 6, "and so many in all")
            #expect(stage.server.meetingCount == 8)
            // The sharers' seats count as theirs; with two sides away a meeting is one meeting.
            for (sharer, _) in crowd + [more] + others { stage.disconnect(sharer, isSilent: true) }
            #expect(stage.server.emptySeats[.v4(7)] == 2)
            #expect(stage.server.meetingCount == 2)
            stage.skip(seconds: 16 * 60)
            #expect(stage.server.meetingCount == 0 && stage.server.emptySeats.isEmpty && stage.server.halfMeetings == 0)
        }
    }

    @Test("a source comes back 240 times a minute, and others are not touched by it")
    func rate() {
        var stage = Stage()
        let rejoin = ClientMessage.rejoin(
            MessageTests.meeting, .helper, number: 1, proof: [UInt8](repeating: 0, count: SeatKey.proofSize))
        func ask(_ source: IPAddress) -> ServerMessage? {
            let id = stage.connect(from: source)
            stage.say(rejoin, from: id)
            stage.disconnect(id)
            return stage.heard[id]?.last
        }
        for _ in 0..<240 { #expect(ask(Stage.address) == .forgotten(MessageTests.meeting)) }
        #expect(ask(Stage.address) == .error(.rateLimited))
        #expect(ask(.v4(9)) == .forgotten(MessageTests.meeting))
    }

    @Test("a connection that has another role is refused")
    func roles() throws {
        var stage = Stage()
        let (sharer, helper) = try seatedPair(&stage, from: .v4(1), helper: .v4(2))
        let proof = [UInt8](repeating: 0, count: SeatKey.proofSize)
        stage.say(.rejoin(MessageTests.meeting, .helper, number: 1, proof: proof), from: sharer)
        stage.say(.rejoin(MessageTests.meeting, .sharer, number: 1, proof: proof), from: helper)
        stage.say(.rejoin(MessageTests.meeting, .helper, number: 1, proof: proof), from: helper)
        #expect(stage.heard[sharer]?.last == .error(.wrongState))
        #expect(stage.heard[helper]?.suffix(2) == [.error(.wrongState), .error(.wrongState)])
    }
}

extension Stage {
    /// As `comeBack`, with an ear on what the client says.
    fileprivate mutating func connectAnew(_ id: ConnectionID, hearing said: inout [ClientMessage]) -> ConnectionID {
        let new = connect()
        helpers[new] = helpers.removeValue(forKey: id)
        helpers[new]?.connectionOpened(at: now)
        while let text = helpers[new]?.nextMessage() {
            if let message = try? ClientMessage(parsing: text) { said.append(message) }
            say(text, from: new)
        }
        return new
    }

    fileprivate func allPayloads(toSharer: Bool) -> [PeerPayload] {
        toSharer
            ? sharerEvents.sorted { $0.key.number < $1.key.number }.flatMap { payloads(toSharer: $0.key) }
            : helperEvents.sorted { $0.key.number < $1.key.number }.flatMap { payloads(to: $0.key) }
    }
}
