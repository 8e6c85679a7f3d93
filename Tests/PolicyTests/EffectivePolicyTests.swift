@testable import Policy
import Testing

/// What the administrator writes, what the person writes, and what is in force: the value as JSON, who it is from.
private let cells: [(administrator: String, person: String, value: String, from: String)] = [
    ("", "", "may-ask true", "default"),
    ("may-ask = false", "", "may-ask false", "administrator"),
    ("may-ask = false", "may-ask = true", "may-ask false", "administrator"),
    ("may-ask = true", "may-ask = false", "may-ask false", "person"),
    ("", "may-ask = false", "may-ask false", "person"),
    ("", "", "longest-invitation null", "default"),
    ("longest-invitation = \"1h\"", "longest-invitation = \"2h\"", "longest-invitation \"1h\"", "administrator"),
    ("longest-invitation = \"2h\"", "longest-invitation = \"1h\"", "longest-invitation \"1h\"", "person"),
    ("", "longest-invitation = \"1h\"", "longest-invitation \"1h\"", "person"),
    ("ceiling = \"view\"", "ceiling = \"control\"", "ceiling \"view\"", "administrator"),
    ("ceiling = \"control\"", "ceiling = \"view\"", "ceiling \"view\"", "person"),
    ("relays = [\"http://a\"]", "relays = [\"http://b\"]", "relays []", "person"),
    ("relays = [\"http://a\", \"http://b\"]", "relays = [\"http://b\"]", "relays [\"http://b\"]", "person"),
    ("relays = [\"http://a\"]", "relays = [\"http://a\", \"http://b\"]", "relays [\"http://a\"]", "administrator"),
    ("relays = []", "", "relays []", "administrator"),
    ("warning-before-view = \"A\"", "warning-before-view = \"B\"", "warning-before-view \"A\"", "administrator"),
    ("", "warning-before-view = \"B\"", "warning-before-view \"B\"", "person"),
    ("session-logging = true", "session-logging = false", "session-logging true", "administrator"),
    ("session-logging = false", "session-logging = true", "session-logging false", "administrator"),
    ("", "session-logging = false", "session-logging false", "person"),
    ("files = \"send\"", "files = \"receive\"", "files \"none\"", "person"),
    ("files = \"send\"", "files = \"both\"", "files \"send\"", "administrator"),
    ("clipboard = \"both\"", "clipboard = \"receive\"", "clipboard \"receive\"", "person"),
    ("tcp = [\"a:1\", \"b:2\"]", "tcp = [\"b:2\", \"c:3\"]", "tcp [\"b:2\"]", "person"),
    (
        "helpers = [{ contact = \"h1@r\", may = \"control\" }, { group = \"g\", may = \"view\" }]",
        "helpers = [{ contact = \"h1@r\", may = \"view\" }, { contact = \"x1@r\", may = \"control\" }]",
        "helpers [{\"contact\":\"h1@r\",\"may\":\"view\"}]", "person"
    ),
    ("helpers = []", "helpers = [{ contact = \"x1@r\", may = \"control\" }]", "helpers []", "administrator"),
    ("", "", "may-be-offered false", "default"),
    ("", "may-be-offered = true", "may-be-offered false", "default"),
    ("may-be-offered = true", "", "may-be-offered true", "administrator"),
    ("may-be-offered = true", "may-be-offered = false", "may-be-offered false", "person"),
    ("may-be-offered = false", "may-be-offered = true", "may-be-offered false", "administrator"),
]

@Suite("The policy in force")
struct EffectivePolicyTests {
    @Test("a person can make it narrower and never wider", arguments: cells)
    func narrowing(cell: (administrator: String, person: String, value: String, from: String)) throws {
        let effective = EffectivePolicy(
            administrator: try PolicyText(file: cell.administrator), file: "policy.toml",
            person: try PolicyText(file: cell.person), configuration: "config.toml")
        let key = try #require(cell.value.split(separator: " ").first)
        let line = try #require(effective.settings.first { $0.key == key })
        #expect("\(key) \(line.value)" == cell.value)
        let from = switch line.origin {
        case .builtIn: "default"
        case .administrator(file: "policy.toml", line: 1): "administrator"
        case .person(file: "config.toml", line: 1): "person"
        case .administrator, .person: "somewhere else"
        }
        #expect(from == cell.from)
    }

    @Test("what a person writes in vain is noted, with its place")
    func vain() throws {
        let effective = EffectivePolicy(
            administrator: try PolicyText(file: "ceiling = \"view\""), file: "policy.toml",
            person: try PolicyText(configuration: "[policy]\nceiling = \"control\""), configuration: "config.toml")
        #expect(effective.text.contains(
            """
            ceiling = "view"
                from: policy.toml:1
                in Windows: Configure Solicited Remote Assistance: Allow helpers to only view the computer / to remotely control the computer
                note: config.toml:2 says "control"; what the administrator says goes before.
            """))
        #expect(effective.json.contains(#"{"key":"ceiling","value":"view","from":"administrator","file":"policy.toml","line":1,"#))
    }
}
