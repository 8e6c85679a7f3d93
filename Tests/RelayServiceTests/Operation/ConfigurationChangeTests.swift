import NetPrimitives
@testable import RelayService
import Testing

@Suite("What a reload changes")
struct ConfigurationChangeTests {
    @Test("nothing, when nothing differs")
    func same() {
        let change = ConfigurationChange(from: ServeConfiguration(), to: ServeConfiguration())
        #expect(change.taken.isEmpty && change.waiting.isEmpty && change.result == ServeConfiguration())
    }

    @Test("some at once, and the rest at a restart, of which each reload speaks again")
    func both() {
        var wanted = ServeConfiguration()
        wanted.denyPeers = [.init("10.0.0.0/8")!]
        wanted.port = 5000
        wanted.logLevel = .error
        wanted.publicURL = "http://relay.example.org"
        let change = ConfigurationChange(from: ServeConfiguration(), to: wanted)
        #expect(change.taken == ["deny-peer", "log-level"])
        #expect(change.waiting == ["port", "public-url"])
        #expect(change.result.denyPeers == wanted.denyPeers && change.result.logLevel == .error)
        // What is derived from a setting that waits does not change either.
        #expect(change.result.port == 3478 && change.result.effectiveRealm == "ra-relay")
        let again = ConfigurationChange(from: change.result, to: wanted)
        #expect(again.taken.isEmpty && again.waiting == change.waiting && again.result == change.result)
    }

    @Test("to begin or to end TLS waits for a restart, and keeps nothing else waiting", arguments: [true, false])
    func beginningTLS(begins: Bool) {
        var (plain, secured) = (ServeConfiguration(), ServeConfiguration())
        (secured.tlsCertificate, secured.tlsKey) = ("a.pem", "b.pem")
        secured.port = plain.port
        var (running, wanted) = begins ? (plain, secured) : (secured, plain)
        wanted.denyPeers = [.init("10.0.0.0/8")!]
        var change = ConfigurationChange(from: running, to: wanted)
        #expect(change.taken == ["deny-peer"] && change.waiting == ["tls-cert", "tls-key"])
        #expect(change.result.hasCertificate == running.hasCertificate && change.result.denyPeers == wanted.denyPeers)
        // Another certificate in place of one is a renewal.
        running = secured
        wanted = ServeConfiguration()
        wanted.tlsSelfSigned = true
        change = ConfigurationChange(from: running, to: wanted)
        #expect(change.taken == ["tls-cert", "tls-key", "tls-self-signed"] && change.waiting.isEmpty)
    }

    @Test("each setting is adopted as a whole")
    func adopted() throws {
        let text = try DocumentedSetting.all().map(\.assignment).filter { !$0.hasPrefix("tls-") }.joined(separator: "\n")
        let wanted = try ConfigurationFile.parse(text)
        let result = Setting.all.reduce(into: ServeConfiguration()) { $1.adopt(wanted, &$0) }
        #expect(result == wanted)
        #expect(wanted != ServeConfiguration())
    }
}
