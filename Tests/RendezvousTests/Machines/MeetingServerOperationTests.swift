import NetPrimitives
@testable import Rendezvous
import Testing

@Suite("Operations in any order")
struct MeetingServerOperationTests {
    @Test("connects, messages, waits and disconnects leave nothing behind", arguments: 0..<40 as Range<UInt64>)
    func anyOrder(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var configuration = MeetingServerConfiguration()
        configuration.lookupsPerMinute = 10_000
        configuration.invitationsPerMinute = 10_000
        configuration.maximumConnections = 12
        var stage = Stage(seed: seed, configuration: configuration)
        var open: [ConnectionID] = []
        var lookups: [(Lookup, Secret)] = []
        var meetings: [MeetingID] = []
        let key = SeatKey(seed: MessageTests.seed)
        var rejoins: UInt32 = 0
        for _ in 0..<400 {
            let id = open.randomElement(using: &random) ?? ConnectionID(0)
            let (lookup, owner) = lookups.randomElement(using: &random) ?? (MessageTests.lookup, MessageTests.owner)
            let meeting = meetings.randomElement(using: &random) ?? MessageTests.meeting
            let side: SealedChannel.Side = .random(in: 0...1, using: &random) == 0 ? .helper : .sharer
            switch Int.random(in: 0..<21, using: &random) {
            case 0, 1: open.append(stage.connect(from: .v4(.random(in: 1...3, using: &random))))
            case 2:
                stage.disconnect(id, isSilent: .random(using: &random))
                open.removeAll { $0 == id }
            case 14, 15: stage.say(.seat(meeting, key: key.publicKey), from: id)
            case 16, 17:
                rejoins += 1
                let proof = key.proof(of: side, in: meeting, number: rejoins)
                stage.say(.rejoin(meeting, side, number: rejoins, proof: proof), from: id)
            case 18: stage.say(.status(lookup, owner: owner), from: id)
            case 19: stage.say(.extend(lookup, lifetime: .random(in: 1...90, using: &random), owner: owner), from: id)
            case 20: stage.say(.close(lookup, owner: owner), from: id)
            case 3: stage.advance(seconds: .random(in: 1...20, using: &random))
            case 4, 5:
                let terms = InvitationTerms(
                    lifetime: .random(in: 1...200, using: &random), uses: .random(in: 1...3, using: &random))
                stage.say(.create(terms), from: id)
            case 6, 7, 8: stage.say(.meet(lookup), from: id)
            case 9: stage.say(.confirmed(meeting), from: id)
            case 10: stage.say(.opaque(meeting, payload: "x"), from: id)
            case 11: stage.say(.refuse(meeting, .wrongCode), from: id)
            case 12: stage.say(.resume(lookup, owner: owner), from: id)
            default:
                let message = [
                    ClientMessage.close(lookup), .burn(lookup), .extend(lookup, lifetime: 9), .leave(meeting),
                ]
                stage.say(message.randomElement(using: &random) ?? .close(lookup), from: id)
            }
            for id in stage.closed where open.contains(id) {
                stage.disconnect(id)
                open.removeAll { $0 == id }
            }
            // Every party hears of a meeting; a new connection starts with nothing heard.
            for message in stage.heard.values.joined() {
                switch message {
                case .created(let lookup, let owner, _, _, _, _): lookups.append((lookup, owner))
                case .met(let meeting): meetings.append(meeting)
                default: break
                }
            }
            stage.heard.removeAll()
            #expect(stage.server.connectionCount == open.count)
            let half = stage.server.meetings.values.filter(\.isHalf)
            #expect(stage.server.halfMeetings == half.count)
            let away = half.flatMap { [$0.sharer.awayFrom, $0.helper.awayFrom] }.compactMap { $0 }
            #expect(stage.server.emptySeats == Dictionary(away.map { ($0, 1) }, uniquingKeysWith: +))
            #expect(half.allSatisfy { ($0.deserted != nil) == ($0.sharer.connection == nil && $0.helper.connection == nil) })
            #expect(stage.server.meetingCount <= open.count + half.count)
            #expect(stage.server.waitingCount <= open.count * 8)
        }
        for id in open { stage.disconnect(id) }
        stage.skip(seconds: 16 * 60)
        #expect(stage.server.halfMeetings == 0 && stage.server.emptySeats.isEmpty)
        #expect(stage.server.connectionCount == 0 && stage.server.meetingCount == 0 && stage.server.waitingCount == 0)
        #expect(stage.server.nextDeadline == nil)
        #expect(!lookups.isEmpty && !meetings.isEmpty, "seed \(seed) did nothing")
    }
}
