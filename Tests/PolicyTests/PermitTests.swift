@testable import Policy
import Rendezvous
import Testing

/// A policy, what a person wants, and what comes of it: the lifetime and the ceiling, or the sentence of the refusal.
private let cells: [(policy: String, wish: InvitationWish, outcome: String)] = {
    func wish(_ lifetime: Duration? = nil, _ ceiling: Ceiling = .control, at relay: String = "https://relay.example.org") -> InvitationWish {
        InvitationWish(relay: RelayURL(relay)!, lifetime: lifetime, ceiling: ceiling)
    }
    let noAsking = "The policy of this computer does not let anybody ask for help (may-ask). Ask its administrator."
    let tooLong = "The policy of this computer allows invitations of 30m at most (longest-invitation), not 1h. Use --expires 30m or less."
    return [
        ("", wish(), "3600 control"),
        ("", wish(.seconds(86_400), .view), "86400 view"),
        ("may-ask = true", wish(), "3600 control"),
        ("may-ask = false", wish(), noAsking),
        ("may-ask = false", wish(.seconds(60), .view), noAsking),
        ("longest-invitation = \"30m\"", wish(), "1800 control"),
        ("longest-invitation = \"30m\"", wish(.seconds(1800)), "1800 control"),
        ("longest-invitation = \"30m\"", wish(.seconds(60)), "60 control"),
        ("longest-invitation = \"30m\"", wish(.seconds(3600)), tooLong),
        ("longest-invitation = \"2d\"", wish(), "3600 control"),
        ("ceiling = \"view\"", wish(), "3600 view; The policy of this computer lets helpers see the screen and never take control (ceiling)."),
        ("ceiling = \"view\"", wish(nil, .view), "3600 view"),
        ("ceiling = \"control\"", wish(), "3600 control"),
        ("relays = [\"https://relay.example.org\"]", wish(), "3600 control"),
        ("relays = [\"https://RELAY.example.org/\"]", wish(), "3600 control"),
        (
            "relays = [\"https://relay.example.org\"]", wish(at: "http://relay.example.org"),
            "The policy of this computer does not allow the relay http://relay.example.org (relays). Allowed: https://relay.example.org."
        ),
        (
            "relays = [\"https://relay.example.org\"]", wish(at: "https://relay.example.org:8443"),
            "The policy of this computer does not allow the relay https://relay.example.org:8443 (relays). Allowed: https://relay.example.org."
        ),
        ("relays = []", wish(), "The policy of this computer does not allow the relay https://relay.example.org (relays). Allowed: none."),
        ("may-be-offered = false\nfiles = \"none\"\nclipboard = \"none\"\ntcp = []\nhelpers = []", wish(), "3600 control"),
    ]
}()



@Suite("What a policy permits")
struct PermitTests {
    @Test("every policy, every wish", arguments: cells)
    func table(cell: (policy: String, wish: InvitationWish, outcome: String)) throws {
        let policy = try PolicyText(file: cell.policy).policy
        let outcome: String
        do {
            let permit = try policy.permit(cell.wish)
            outcome = (["\(permit.lifetime.components.seconds) \(permit.ceiling)"] + permit.notes).joined(separator: "; ")
        } catch { outcome = error.description }
        #expect(outcome == cell.outcome)
    }

    @Test(
        "a life is counted from its beginning, also when it is made longer",
        arguments: [
            ("", nil, 5000, "3600"), ("", 7200, 5000, "7200"), ("longest-invitation = \"1h\"", nil, 0, "3600"),
            ("longest-invitation = \"1h\"", nil, 1800, "1800"), ("longest-invitation = \"1h\"", 1800, 1800, "1800"),
            ("longest-invitation = \"1h\"", 600, 1810, "600"),
            ("longest-invitation = \"1h\"", 1800, 1810, "and part of that is over. Use --expires 29m or less."),
            ("longest-invitation = \"1h\"", 60, 3555, "and part of that is over. Use --expires 45s or less."),
            ("longest-invitation = \"1h\"", 60, 3600, "and this one is as old as that. Make a new one."),
            ("longest-invitation = \"1h\"", nil, 99_999, "and this one is as old as that. Make a new one."),
            // A clock that was set back makes nobody's life longer.
            ("longest-invitation = \"1h\"", 7200, -7200, "Use --expires 1h or less."),
            ("may-ask = false", nil, 0, "(may-ask)"), ("relays = []", nil, 0, "(relays)"), ("ceiling = \"view\"", 60, 0, "60"),
        ] as [(String, Int?, Int, String)])
    func extensions(policy: String, asked: Int?, age: Int, outcome: String) throws {
        let relay = try #require(RelayURL("https://relay.example.org"))
        let wish = InvitationWish(relay: relay, lifetime: asked.map { .seconds($0) })
        let said: String
        do {
            said = "\(try PolicyText(file: policy).policy.permitExtension(wish, age: .seconds(age)).components.seconds)"
        } catch { said = "\(error)" }
        #expect(said == outcome || said.contains(" ") && said.contains(outcome), "\(said)")
    }

    @Test("whoever helps is bound by the relays alone")
    func helping() throws {
        let relay = try #require(RelayURL("https://relay.example.org"))
        var policy = Policy()
        policy.mayAsk = false
        try policy.permitOldInvitation()
        try policy.permitMeeting(at: relay)
        policy.relays = []
        #expect(throws: PolicyRefusal.self) { try policy.permitMeeting(at: relay) }
    }

    @Test(
        "connections that are lent or used are among those that it names",
        arguments: [
            ("", ["printer:80"], nil), ("tcp = []", [], nil), ("tcp = [\"printer:80\", \"[::1]:22\"]", ["[::1]:22", "printer:80"], nil),
            ("tcp = []", ["printer:80"], "does not allow connections to printer:80 (tcp). Allowed: none."),
            ("tcp = [\"printer:80\"]", ["printer:80", "printer:81"], "does not allow connections to printer:81 (tcp). Allowed: printer:80."),
        ] as [(String, [String], String?)])
    func lending(policy: String, destinations: [String], refusal: String?) throws {
        let policy = try PolicyText(file: policy).policy
        guard let refusal else { return try policy.permitLending(destinations) }
        let error = #expect(throws: PolicyRefusal.self) { try policy.permitLending(destinations) }
        #expect(error?.description.hasSuffix(refusal) == true)
    }
}
