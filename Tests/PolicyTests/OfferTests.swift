@testable import Policy
import Rendezvous
import Testing

private let hugo = PersonIdentity(seed: Secret((0..<32).map { UInt8($0) })).key
private let relay = "https://relay.example.org"

/// A policy, who offers from which account's groups up to which ceiling, and what comes of it.
private let cells: [(policy: String, address: String, groups: Set<String>, ceiling: Ceiling, outcome: String)] = {
    let refused = "does not let anybody offer help (may-be-offered)."
    let stranger = "does not let hugo@relay.example.org offer help (helpers)."
    let open = "may-be-offered = true\n"
    let named = open + "relays = [\"\(relay)\"]\n"
    let address = "hugo@relay.example.org"
    return [
        ("", address, [], .control, refused),
        ("may-be-offered = false", address, [], .view, refused),
        ("helpers = [{ contact = \"\(address)\", may = \"control\" }]", address, [], .view, refused),
        (open, address, [], .control, "control"),
        (open, address, [], .view, "view"),
        (open + "ceiling = \"view\"", address, [], .control, "view"),
        (open + "may-ask = false", address, [], .control, "control"),
        (open + "relays = []", address, [], .view, "does not allow the relay https://relay.example.org (relays). Allowed: none."),
        (open + "helpers = []", address, [], .view, stranger),
        (open + "helpers = [{ contact = \"\(address)\", may = \"control\" }]", address, [], .control, "control"),
        (open + "helpers = [{ contact = \"HUGO@Relay.example.org\", may = \"control\" }]", address, [], .control, "control"),
        (open + "helpers = [{ contact = \"\(address)\", may = \"view\" }]", address, [], .control, "view"),
        (open + "helpers = [{ contact = \"\(address)\", may = \"control\" }]\nceiling = \"view\"", address, [], .control, "view"),
        (open + "helpers = [{ contact = \"\(address)\", may = \"control\" }]", address, [], .view, "view"),
        // The same name at another relay, by another scheme, at another port is somebody else.
        (open + "helpers = [{ contact = \"hugo@other.example.org\", may = \"control\" }]", address, [], .view, stranger),
        (open + "helpers = [{ contact = \"hugo@http://relay.example.org\", may = \"control\" }]", address, [], .view, stranger),
        (open + "helpers = [{ contact = \"hugo@relay.example.org:8443\", may = \"control\" }]", address, [], .view, stranger),
        (open + "helpers = [{ key = \"\(hugo.fingerprint)\", may = \"control\" }]", address, [], .control, "control"),
        (open + "helpers = [{ key = \"\(hugo.fingerprint.lowercased())\", may = \"view\" }]", address, [], .control, "view"),
        (open + "helpers = [{ key = \"0000-0000-0000-0000-0000-0000\", may = \"view\" }]", address, [], .view, stranger),
        // The account's name is the relay's to give: it counts where the administrator has named the relay.
        (named + "helpers = [{ group = \"helpdesk\", may = \"control\" }]", address, ["helpdesk", "users"], .control, "control"),
        (named + "helpers = [{ group = \"helpdesk\", may = \"control\" }]", address, ["users"], .control, stranger),
        (open + "helpers = [{ group = \"helpdesk\", may = \"control\" }]", address, ["helpdesk"], .control, stranger),
        // What is granted by one entry is not taken by another.
        (named + "helpers = [{ contact = \"\(address)\", may = \"view\" }, { group = \"helpdesk\", may = \"control\" }]", address, ["helpdesk"],
            .control, "control"),
    ]
}()

@Suite("Who may offer help")
struct OfferTests {
    @Test("every policy, everybody who offers", arguments: cells)
    func table(cell: (policy: String, address: String, groups: Set<String>, ceiling: Ceiling, outcome: String)) throws {
        let policy = EffectivePolicy(administrator: try PolicyText(file: cell.policy)).policy
        let address = try #require(PersonAddress(cell.address))
        let outcome: String
        do throws(PolicyRefusal) {
            outcome = "\(try policy.permitOffer(OfferWish(address: address, key: hugo, groups: cell.groups, ceiling: cell.ceiling)))"
        } catch { outcome = error.description }
        #expect(outcome == cell.outcome || cell.outcome.hasSuffix(".") && outcome.hasSuffix(cell.outcome), "\(outcome)")
    }

    @Test("a relay that a person names themselves vouches for no account of this computer")
    func groups() throws {
        let administrator = try PolicyText(file: "may-be-offered = true\nhelpers = [{ group = \"helpdesk\", may = \"control\" }]")
        let person = try PolicyText(configuration: "[policy]\nrelays = [\"\(relay)\"]")
        let wish = OfferWish(address: try #require(PersonAddress("hugo@relay.example.org")), key: hugo, groups: ["helpdesk"])
        let policy = EffectivePolicy(administrator: administrator, person: person).policy
        #expect(policy.relays?.count == 1)
        #expect(throws: PolicyRefusal.self) { try policy.permitOffer(wish) }
        // The administrator's list counts, and the person's can still make it shorter.
        let named = try PolicyText(
            file: "may-be-offered = true\nrelays = [\"\(relay)\", \"https://other.example.org\"]\nhelpers = [{ group = \"helpdesk\", may = \"view\" }]")
        #expect(try EffectivePolicy(administrator: named, person: person).policy.permitOffer(wish) == .view)
        let elsewhere = try PolicyText(configuration: "[policy]\nrelays = [\"https://other.example.org\"]")
        #expect(throws: PolicyRefusal.self) { try EffectivePolicy(administrator: named, person: elsewhere).policy.permitOffer(wish) }
    }
}
