@testable import ConnectService
import Foundation
import Rendezvous
import Testing

@Suite("The person's own settings")
struct ClientConfigurationTests {
    private func parse(_ text: String) throws(ClientConfiguration.Invalid) -> ClientConfiguration {
        try ClientConfiguration.parse(text, from: "config.toml")
    }

    @Test("a relay, a proxy, that there is to be no proxy, and nothing")
    func good() throws {
        let both = try parse("# mine\nrelay = \"relay.example.org\"\nproxy = \"http://proxy:3128\"\n")
        #expect(both.relay?.description == "http://relay.example.org:3478")
        #expect(both.proxy.map { $0.map { "\($0.proxy)" } } == "proxy:3128")
        #expect(try parse("proxy = \"none\"") == ClientConfiguration(relay: nil, proxy: .some(nil)))
        #expect(try parse("") == ClientConfiguration(relay: nil, proxy: nil))
    }

    @Test(
        "each mistake is told with the file, its line and its key",
        arguments: [
            ("\nrelais = \"x\"", "config.toml: line 2: there is no setting “relais”. Did you mean “relay”?"),
            ("[network]\nport = 1", "config.toml: line 1: there is no setting “network”. Known are: mail, policy, proxy, relay."),
            ("relay = \"a\"\n# \u{0}\nproxy = 5", "config.toml: line 2: there is a zero byte in it, which is no TOML."),
            ("\u{0}", "config.toml: line 1: there is a zero byte in it, which is no TOML."),
            ("relay = 5", "config.toml: line 1: relay: write a text in quotes."),
            ("proxy = [\"a\"]", "config.toml: line 1: proxy: write a text in quotes."),
            (
                "relay = \"not a relay\"",
                "config.toml: line 1: relay: “not a relay” is not a relay's address. Write it like https://relay.example.org, "
                    + "http://relay.example.org:3478 or 203.0.113.7."
            ),
            (
                "relay = 5\n\nproxi = 1",
                "config.toml: line 1: relay: write a text in quotes.\n"
                    + "config.toml: line 3: there is no setting “proxi”. Did you mean “proxy”?"
            ),
        ])
    func mistakes(text: String, sentences: String) {
        #expect(throws: ClientConfiguration.Invalid(description: sentences)) { try parse(text) }
    }

    @Test("what is no proxy is not repeated: it may hold a password")
    func secret() {
        let error = #expect(throws: ClientConfiguration.Invalid.self) { try parse("proxy = \"socks5://anna:open-sesame@proxy\"") }
        #expect(error?.description.hasPrefix("config.toml: line 1: SOCKS proxies are not spoken to; “proxy” wants") == true)
        #expect(error?.description.contains("sesame") == false)
    }

    @Test("what is no TOML is told with its line, and that a text stands in quotes")
    func noTOML() {
        let error = #expect(throws: ClientConfiguration.Invalid.self) { try parse("\n\nrelay = relay.example.org") }
        #expect(error?.description.hasPrefix("config.toml: line 3: ") == true)
        #expect(error?.description.hasSuffix("; a text stands in quotes") == true)
    }

    @Test("a file that was named must be there")
    func absent() {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        #expect(throws: ClientConfiguration.Invalid(description: "\(path) cannot be read.")) { try ClientConfiguration.load(path) }
    }
}
