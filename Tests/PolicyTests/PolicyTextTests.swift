@testable import Policy
import Rendezvous
import Testing

@Suite("A policy as it is written")
struct PolicyTextTests {
    @Test("every key says what it says")
    func whole() throws {
        let key = "2QDE-00AK-ZZ12-9XWV-TSRP-NMKJ"
        let text = try PolicyText(
            file: """
                may-ask = false
                longest-invitation = "2h"
                ceiling = "view"
                relays = ["https://relay.example.org"]
                warning-before-view = "Ask Ann first."
                warning-before-control = "Close the payroll."
                session-logging = true
                may-be-offered = true
                helpers = [{ contact = "Hugo@relay.example.org", may = "control" }, { group = "helpdesk", may = "view" }, { key = "\(key.lowercased())", may = "view" }]
                files = "receive"
                clipboard = "none"
                tcp = ["localhost:22", "[::1]:80"]
                """)
        var expected = Policy()
        expected.mayAsk = false
        expected.longestInvitation = .seconds(7200)
        expected.ceiling = .view
        expected.relays = [try #require(RelayURL("https://relay.example.org"))]
        expected.warningBeforeView = "Ask Ann first."
        expected.warningBeforeControl = "Close the payroll."
        expected.logsSessions = true
        expected.mayBeOffered = true
        expected.helpers = [
            PermittedHelper(.contact("hugo@relay.example.org"), ceiling: .control), PermittedHelper(.group("helpdesk"), ceiling: .view),
            PermittedHelper(.key(key), ceiling: .view),
        ]
        expected.files = .receive
        expected.clipboard = .none
        expected.tcp = ["localhost:22", "[::1]:80"]
        #expect(text.policy == expected)
        #expect(text.lines == Dictionary(uniqueKeysWithValues: PolicySetting.all.enumerated().map { ($1.key, $0 + 1) }))
        #expect(try PolicyText(file: "") == PolicyText())
    }

    @Test(
        "each mistake is told with its line, its key and what to write",
        arguments: [
            ("\nmay-aks = true", "line 2: there is no setting “may-aks”. Did you mean “may-ask”?"),
            ("may-ask = \"no\"", "line 1: may-ask: write true or false."),
            ("longest-invitation = 5", "line 1: longest-invitation: write a time such as \"30m\", \"1h\" or \"2d\"."),
            ("ceiling = \"all\"", "line 1: ceiling: write one of \"view\", \"control\"."),
            ("files = true", "line 1: files: write one of \"none\", \"send\", \"receive\", \"both\"."),
            ("relays = \"https://a\"", "line 1: relays: write a list of relays in brackets."),
            ("relays = [1]", "line 1: relays: write each relay as a text in quotes."),
            ("warning-before-view = \"\"", "line 1: warning-before-view: write up to 1000 bytes of text in quotes."),
            ("warning-before-view = \"\\u001b[2J\"", "line 1: warning-before-view: write letters, spaces and line ends alone."),
            ("tcp = [\"localhost\"]", "line 1: tcp: write each destination as \"HOST:PORT\"."),
            ("tcp = [\"localhost:0\"]", "line 1: tcp: write each destination as \"HOST:PORT\"."),
            (
                "helpers = [{ key = \"AA\", may = \"view\" }]",
                "line 1: helpers: write a key by its fingerprint, as “ra-connect contacts list” shows it: six groups of four characters."
            ),
            ("helpers = [{ contact = \"hugo\", may = \"view\" }]", "line 1: helpers: write a contact by the whole address: NAME@RELAY."),
            ("files = 1\nmay-ask = 1", "line 1: files: write one of \"none\", \"send\", \"receive\", \"both\".\nline 2: may-ask: write true or false."),
        ])
    func mistakes(text: String, sentences: String) {
        #expect(throws: PolicyError(sentences.split(separator: "\n").map(String.init))) { try PolicyText(file: text) }
    }

    @Test("a helper is one contact, key or group, and what they may", arguments: [
        "{ contact = \"Hugo\" }", "{ contact = \"Hugo\", group = \"x\", may = \"view\" }", "{ user = \"x\", may = \"view\" }",
        "{ may = \"view\" }", "\"Hugo\"", "{ contact = 1, may = \"view\" }",
    ])
    func helpers(entry: String) {
        #expect(throws: PolicyError.self) { try PolicyText(file: "helpers = [\(entry)]") }
    }

    @Test("a list is bounded")
    func bounded() throws {
        let entries = Array(repeating: "\"localhost:22\"", count: 1000).joined(separator: ",")
        #expect(try PolicyText(file: "tcp = [\(entries)]").policy.tcp?.count == 1000)
        #expect(throws: PolicyError.self) { try PolicyText(file: "tcp = [\(entries),\"localhost:22\"]") }
    }

    @Test("a person's policy is a table of their configuration")
    func table() throws {
        let text = try PolicyText(configuration: "relay = \"a\"\n[policy]\nceiling = \"view\"\n")
        #expect(text.policy.ceiling == .view)
        #expect(text.lines == ["ceiling": 3])
        #expect(try PolicyText(configuration: "relay = \"a\"") == PolicyText())
        #expect(throws: PolicyError(["line 1: policy: write a table, [policy]."])) { try PolicyText(configuration: "policy = 1") }
    }

    @Test("nothing that can stand in a file traps")
    func noise() {
        for text in ["\u{0}", "may-ask = true\n\u{0}\nmay-ask = false", "[[policy]]", "relays = [[[]]]", "helpers = [[]]", "may-ask = 1979-05-27", "=", "tcp = [\"\"]", "files = {}"] {
            #expect(throws: PolicyError.self) { try PolicyText(file: text) }
        }
    }
}
