import NetPrimitives
import Rendezvous
import Testing

@Suite("A meeting with one that is silent")
struct HalfMeetingTests {
    /// A sharer and two helpers in meetings that are confirmed.
    private static func confirmed(_ stage: inout Stage) throws -> (ConnectionID, [(ConnectionID, MeetingID)]) {
        let sharer = stage.connect()
        stage.say(.create(InvitationTerms(uses: 2)), from: sharer)
        let lookup = try #require(stage.lookup(of: sharer))
        let helpers = try (0..<2).map { _ in
            let helper = stage.connect()
            stage.say(.meet(lookup), from: helper)
            let meeting = try #require(stage.meeting(of: helper))
            stage.say(.confirmed(meeting), from: sharer)
            return (helper, meeting)
        }
        return (sharer, helpers)
    }

    @Test("who closes the connection has left; who falls silent may only have lost the network")
    func silence() throws {
        var stage = Stage()
        let (sharer, helpers) = try Self.confirmed(&stage)
        stage.disconnect(helpers[0].0, isSilent: true)
        #expect(stage.heard[sharer]?.contains(.peerLeft(helpers[0].1)) == false)
        #expect(stage.server.meetingCount == 2)
        stage.say(.opaque(helpers[0].1, payload: "to nobody"), from: sharer)
        stage.disconnect(helpers[1].0)
        #expect(stage.heard[sharer]?.last == .peerLeft(helpers[1].1))
        stage.disconnect(sharer)
        #expect(stage.server.meetingCount == 0)
    }

    @Test("whoever is there hears nothing of those that are silent, however many they are")
    func manySilent() throws {
        var configuration = MeetingServerConfiguration()
        configuration.maximumHalfMeetings = 1
        var stage = Stage(configuration: configuration)
        let (sharer, helpers) = try Self.confirmed(&stage)
        for (helper, _) in helpers { stage.disconnect(helper, isSilent: true) }
        #expect(stage.heard[sharer]?.last != .peerLeft(helpers[1].1))
        #expect(stage.server.meetingCount == 2)
        stage.disconnect(sharer, isSilent: true)
        #expect(stage.server.meetingCount == 0)
    }
}
