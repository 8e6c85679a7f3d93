import NetPrimitives
import Rendezvous
import Testing

@Suite("The relay's side")
struct MeetingServerTests {
    @Test("create, meet, talk, confirm, use up: the whole transcript")
    func transcript() throws {
        var stage = Stage()
        let (sharer, helper) = (stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms(lifetime: 60, uses: 1, ceiling: .view)), from: sharer)
        let lookup = try #require(stage.lookup(of: sharer))
        stage.say(.meet(lookup), from: helper)
        let meeting = try #require(stage.meeting(of: helper))
        stage.say(.opaque(meeting, payload: "one"), from: helper)
        stage.say(.opaque(meeting, payload: "two"), from: sharer)
        stage.say(.confirmed(meeting), from: sharer)
        stage.say(.opaque(meeting, payload: "three"), from: sharer)
        stage.say(.leave(meeting), from: helper)
        #expect(
            stage.heard[sharer]?.dropFirst() == [
                .helperArrived(lookup, meeting), .opaque(meeting, payload: "one"), .closed(lookup, .used),
                .peerLeft(meeting),
            ])
        let heard = try #require(stage.heard[helper])
        #expect(heard.count == 4)
        #expect(heard[0] == .met(meeting) && heard[1] == .opaque(meeting, payload: "two"))
        #expect(heard[3] == .opaque(meeting, payload: "three"))
        #expect(stage.store.find(lookup)?.uses == 1)
        #expect(stage.server.meetingCount == 0 && stage.server.waitingCount == 0)
    }

    @Test("what belongs to others cannot be touched")
    func others() throws {
        var stage = Stage()
        let (sharer, helper, stranger) = (stage.connect(), stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms()), from: sharer)
        stage.say(.create(InvitationTerms()), from: stranger)
        let lookup = try #require(stage.lookup(of: sharer))
        stage.say(.meet(lookup), from: helper)
        let meeting = try #require(stage.meeting(of: helper))
        let quiet = (stage.heard[sharer], stage.heard[helper])
        for message: ClientMessage in [
            .close(lookup), .burn(lookup), .extend(lookup, lifetime: 5), .confirmed(meeting),
            .refuse(meeting, .declined), .opaque(meeting, payload: "x"), .leave(meeting),
            .resume(lookup, owner: MessageTests.owner), .meet(lookup),
        ] { stage.say(message, from: stranger) }
        // Nor may a helper do what is the sharer's.
        for message: ClientMessage in [.close(lookup), .burn(lookup), .confirmed(meeting), .refuse(meeting, .declined)]
        {
            stage.say(message, from: helper)
        }
        #expect(stage.heard[sharer] == quiet.0)
        #expect(stage.heard[helper] == (quiet.1 ?? []) + [.error(.wrongState), .error(.wrongState)])
        #expect(
            stage.heard[stranger]?.dropFirst() == [
                .error(.wrongState), .error(.wrongState), .error(.wrongState), .gone, .error(.wrongState),
            ])
        #expect(stage.server.meetingCount == 1)
    }

    @Test("two confirmations of an invitation for one: the second helper finds it gone")
    func race() throws {
        var stage = Stage()
        let (sharer, first, second) = (stage.connect(), stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms()), from: sharer)
        let lookup = try #require(stage.lookup(of: sharer))
        stage.say(.meet(lookup), from: first)
        stage.say(.meet(lookup), from: second)
        stage.say(.confirmed(try #require(stage.meeting(of: first))), from: sharer)
        #expect(stage.heard[second]?.last == .gone)
        stage.say(.confirmed(try #require(stage.meeting(of: second))), from: sharer)
        #expect(stage.store.find(lookup)?.uses == 1)
        #expect(stage.server.meetingCount == 1)
    }

    @Test("confirming twice counts once")
    func confirmTwice() throws {
        var stage = Stage()
        let (sharer, helper) = (stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms(uses: 5)), from: sharer)
        let lookup = try #require(stage.lookup(of: sharer))
        stage.say(.meet(lookup), from: helper)
        let meeting = try #require(stage.meeting(of: helper))
        stage.say(.confirmed(meeting), from: sharer)
        stage.say(.confirmed(meeting), from: sharer)
        #expect(stage.store.find(lookup)?.uses == 1)
    }

    @Test("a relay that is draining takes no invitations, and what is there goes on")
    func draining() throws {
        var stage = Stage()
        let (sharer, helper, late) = (stage.connect(), stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms()), from: sharer)
        let lookup = try #require(stage.lookup(of: sharer))
        stage.server.beginDraining()
        stage.say(.create(InvitationTerms()), from: late)
        #expect(stage.heard[late] == [.error(.busy)])
        stage.say(.meet(lookup), from: helper)
        #expect(stage.meeting(of: helper) != nil)
    }

    @Test("who may not invite may still help")
    func policy() {
        var configuration = MeetingServerConfiguration()
        configuration.inviters = [CIDRBlock("11.22.33.0/24")!, CIDRBlock("2600::/32")!]
        var stage = Stage(configuration: configuration)
        let sharer = stage.sharer(from: .v4(0x0B16_2107))
        let id = stage.connect(from: .v4(0x0B16_2201))
        stage.say(.create(InvitationTerms()), from: id)
        #expect(stage.heard[id] == [.error(.notAllowed)])
        #expect(stage.server.counters.invitationsRefused[.notAllowed] == 1)
        stage.say(.meet(stage.invitation(of: sharer).lookup), from: id)
        #expect(stage.meeting(of: id) != nil)
    }

    @Test(
        "a network is one of the policy's by the whole address, IPv4 behind IPv6 too; an empty list is nobody",
        arguments: [
            ("11.22.33.7", true), ("11.22.32.7", false), ("::ffff:11.22.33.7", true), ("2600:0:ff::1", true), ("2601::1", false),
        ])
    func networks(address: String, mayInvite: Bool) throws {
        var configuration = MeetingServerConfiguration()
        configuration.inviters = [CIDRBlock("11.22.33.0/24")!, CIDRBlock("2600::/32")!]
        var stage = Stage(configuration: configuration)
        let source = try #require(IPAddress(address))
        let id = stage.connect(from: source)
        stage.say(.create(InvitationTerms()), from: id)
        #expect((stage.lookup(of: id) != nil) == mayInvite)
        configuration.inviters = []
        stage.server.reconfigure(configuration)
        let other = stage.connect(from: source)
        stage.say(.create(InvitationTerms()), from: other)
        #expect(stage.heard[other] == [.error(.notAllowed)])
    }

    @Test("a policy that changes counts at once: what is there stays and is not extended, and a resumed one stays too")
    func policyChanges() throws {
        var stage = Stage()
        let sharer = stage.sharer()
        let invitation = try #require(stage.sharers[sharer]?.invitation)
        var configuration = MeetingServerConfiguration()
        configuration.inviters = [CIDRBlock("192.0.2.0/24")!]
        configuration.longestInvitation = .seconds(600)
        stage.server.reconfigure(configuration)
        stage.say(.extend(invitation.lookup, lifetime: 7200), from: sharer)
        #expect(stage.heard[sharer]?.last == .error(.notAllowed))
        stage.disconnect(sharer)
        let again = stage.reconnect(sharer)
        #expect(stage.heard[again]?.contains { if case .resumed = $0 { true } else { false } } == true)
        configuration.inviters = nil
        stage.server.reconfigure(configuration)
        stage.say(.extend(invitation.lookup, lifetime: 7200), from: again)
        // What was once allowed, an hour, is not taken back, and there is no more of it.
        #expect(stage.heard[again]?.last == .extended(invitation.lookup, expires: stage.wallClock.advanced(bySeconds: 3600)))
    }

    @Test("a sharer hears that the relay has given less than was asked for, and of no more")
    func shortened() {
        var configuration = MeetingServerConfiguration()
        configuration.longestInvitation = .seconds(600)
        var stage = Stage(configuration: configuration)
        let (long, fitting) = (stage.sharer(InvitationTerms(lifetime: 601)), stage.sharer(InvitationTerms(lifetime: 600)))
        #expect(stage.sharerEvents[long]?.first == .invitationShortened(lifetime: 600))
        #expect(stage.sharerEvents[fitting]?.contains(.invitationShortened(lifetime: 600)) == false)
        #expect(stage.invitation(of: long).lookup != stage.invitation(of: fitting).lookup)
    }

    @Test("invitations, look-ups, meetings and wrong guesses are counted")
    func counts() throws {
        var stage = Stage()
        let (sharer, helper) = (stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms()), from: sharer)
        let lookup = try #require(stage.lookup(of: sharer))
        stage.say(.meet(MessageTests.lookup), from: helper)
        stage.say(.meet(lookup), from: helper)
        #expect(stage.server.meetingStages.all.map(\.count) == [1, 0])
        stage.say(.refuse(try #require(stage.meeting(of: helper)), .wrongCode), from: sharer)
        stage.say(.meet(lookup), from: helper)
        stage.say(.confirmed(try #require(stage.meeting(of: helper))), from: sharer)
        #expect(stage.server.meetingStages.all.map(\.count) == [0, 1])
        let counters = stage.server.counters
        #expect((counters.invitationsCreated, counters.confirmed, counters.wrongGuesses, counters.burnt) == (1, 1, 1, 0))
        #expect((counters.lookups[.met], counters.lookups[.gone], counters.lookups.total) == (2, 1, 3))
    }
}
