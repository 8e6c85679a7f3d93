import NetPrimitives
@testable import RelayService
import Testing

@Suite("ConfigurationFile")
struct ConfigurationFileTests {
    @Test("an empty file is the defaults")
    func empty() throws { #expect(try ConfigurationFile.parse("") == ServeConfiguration()) }

    @Test("a zero byte is no TOML: nothing stands behind one that is not read")
    func zero() {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationFile.parse("port = 5000\n# \u{0}\ndeny-peer = [\"203.0.113.0/24\"]")
        }
        #expect(error?.mistakes == ["line 2: there is a zero byte in it, which is no TOML."])
    }

    @Test("every setting is read")
    func everything() throws {
        let configuration = try ConfigurationFile.parse(
            """
            listen = ["192.0.2.1", "2001:db8::1"]
            port = 5000
            also-listen = [443]
            external-ip = ["198.51.100.1"]
            realm = "example.org"
            users = ["alice:secret:with:colons"]
            auth-secret = "0123456789"
            relay-ports = "50000-50100"
            allow-peer = ["10.0.0.0/8"]
            deny-peer = ["203.0.113.0/24"]
            public-url = "https://relay.example.org"
            state = "/var/lib/ra-relay"
            tls-cert = "/etc/ra-relay/chain.pem"
            tls-key = "/etc/ra-relay/key.pem"
            tls-port = 8443
            workers = 3
            unproven-rate = 0
            log-level = "debug"
            log-format = "json"
            """)
        var expected = ServeConfiguration()
        expected.listen = [try #require(IPAddress("192.0.2.1")), try #require(IPAddress("2001:db8::1"))]
        expected.port = 5000
        expected.alsoListen = [443]
        expected.externalAddresses = [try #require(IPAddress("198.51.100.1"))]
        expected.realm = "example.org"
        expected.users = [.init(name: "alice", password: "secret:with:colons")]
        expected.authSecrets = ["0123456789"]
        expected.relayPorts = 50000...50100
        expected.tlsCertificate = "/etc/ra-relay/chain.pem"
        expected.tlsKey = "/etc/ra-relay/key.pem"
        expected.tlsPort = 8443
        expected.allowPeers = [try #require(CIDRBlock("10.0.0.0/8"))]
        expected.denyPeers = [try #require(CIDRBlock("203.0.113.0/24"))]
        expected.publicURL = "https://relay.example.org"
        expected.stateDirectory = "/var/lib/ra-relay"
        expected.workers = 3
        expected.unprovenRate = 0
        expected.logLevel = .debug
        expected.logFormat = .json
        #expect(configuration == expected)
    }

    @Test("what cannot be is named with its line and its reason", arguments: [
        ("port = \"a\"", "line 1", "whole number"), ("\n\nport = 70000", "line 3", "65535"), ("nonsense = 1", "line 1", "nonsense"),
        ("realm = [", "line", ""), ("users = [\"alice\"]", "line 1", "name:password"), ("listen = [\"host\"]", "line 1", "not an IP"),
        ("allow-peer = [\"10.1.0.0/8\"]", "line 1", "10.1.0.0/8"), ("relay-ports = \"9-1\"", "line 1", "9-1"),
        ("relay-ports = \"1-2\"", "relay-ports", "1024"), ("log-level = \"loud\"", "line 1", "warning"),
        ("auth-secret = \"short\"", "auth-secret", "guessed"), ("also-listen = 443", "line 1", "list"), ("workers = 0", "workers", "256"),
        ("users = [\"a:1\", \"a:2\"]", "users", "twice"), ("unproven-rate = -1", "unproven-rate", "0"),
        ("auth-secret = [\"long enough\", \"short\"]", "auth-secret", "guessed"), ("auth-secret = 12345678", "line 1", "quotes"),
        ("auth-secret = [\"12345678\", \"12345678\", \"12345678\", \"12345678\", \"12345678\"]", "auth-secret", "more than 4"),
        ("auth-secret = []", "line 1", "leave the key out"), ("external-ip = [\"0.0.0.0\"]", "line 1", "internet reaches"),
        ("external-ip = [\"::\"]", "line 1", "internet reaches"), ("realm = turn.example.org", "line 1", "stands in quotes"),
        ("\nlisten = 10.0.0.7", "line 2", "stands in quotes"), ("allow-peer = [\"10.1.0.1/16\"]", "line 1", "write 10.1.0.0/16"),
        ("deny-peer = [\"10.0.0.0-10.255.255.255\"]", "line 1", "one block or several"), ("listening-port = 3478", "line 1", "“port”"),
        ("tls-self-signed = 1", "line 1", "true or false"), ("tls-port = 0", "line 1", "65535"),
    ])
    func wrong(text: String, place: String, reason: String) {
        do throws(ConfigurationError) {
            _ = try ConfigurationFile.parse(text)
            Issue.record("\(text) was accepted")
        } catch {
            #expect(error.description.contains(place), "\(error)")
            #expect(reason.isEmpty || error.description.contains(reason), "\(error)")
        }
    }

    @Test("all mistakes are told, in the file's order, and an unknown key with its nearest")
    func allMistakes() {
        do throws(ConfigurationError) {
            _ = try ConfigurationFile.parse(
                """
                prot = 3478
                users = ["alice", "bob:hunter2", "carol"]
                # port = 0
                port = 0
                frobnicate = true
                workers = 1000

                [limits]
                x = 1
                """)
            Issue.record("it was accepted")
        } catch {
            #expect(error.mistakes.map { String($0.prefix(31)) } == [
                "line 1: there is no setting “pr", "line 2: users: write each as “n", "line 2: users: write each as “n",
                "line 4: port: a port is a numbe", "line 5: there is no setting “fr", "line 6: workers: write a number",
                "line 8: there is no setting “li",
            ])
            #expect(error.mistakes[0].hasSuffix("Did you mean “port”?"))
            #expect(error.mistakes[4].contains("Known are: allow-peer, also-listen"))
            #expect(!error.description.contains("hunter2"))
        }
    }

    @Test("what contradicts itself, and files that cannot be read, are told by a check with their line", arguments: [
        ("port = 1\ntls-cert = \"a.pem\"", "line 2: tls-cert: tls-cert and tls-key need each other; name both files."),
        ("\ntls-key = \"a.pem\"", "line 2: tls-key: tls-cert and tls-key need each other; name both files."),
        ("tls-cert = \"a\"\ntls-key = \"b\"\ntls-self-signed = true",
            "line 3: tls-self-signed: there is a certificate in tls-cert; choose one of them."),
        ("port = 1\ntls-cert = \"/nowhere/chain.pem\"\ntls-key = \"/nowhere/key.pem\"",
            "line 2: tls-cert: /nowhere/chain.pem cannot be read: it is not there, or not the relay's to read."),
    ])
    func certificates(text: String, sentence: String) throws {
        _ = try ConfigurationFile.parse(text)
        let error = #expect(throws: ConfigurationError.self) { try ConfigurationFile.check(text) }
        #expect(error?.description == sentence)
    }

    @Test("what may not be meant is a note", arguments: [
        ("quota-total = 0", "quota-total", "none at all"), ("\nquota-per-user = 0", "line 2: quota-per-user", "none at all"),
        ("tls-port = 8443", "tls-port", "without a certificate"), ("nat-discovery = true", "nat-discovery", "two addresses"),
    ])
    func notes(text: String, place: String, reason: String) throws {
        let notes = try ConfigurationFile.check(text)
        #expect(notes.count == 1 && notes[0].contains(place) && notes[0].contains(reason), "\(notes)")
        #expect(try ConfigurationFile.check("port = 1\nlisten = [\"192.0.2.1\", \"192.0.2.2\"]\nnat-discovery = true").isEmpty)
    }

    @Test("the secret that the documentation shows is nobody's")
    func exampleSecret() throws {
        let example = try #require(DocumentedSetting.all().first { $0.key == "auth-secret" }).assignment
        #expect(throws: ConfigurationError.self) { try ConfigurationFile.check(example) }
        #expect(throws: ConfigurationError.self) { try ConfigurationFile.parse(example).validate() }
    }

    @Test("what coturn's keys have become are keys")
    func coturn() { #expect(Set(ConfigurationFile.coturnKeys.values).isSubset(of: Set(Setting.all.map(\.key)))) }

    @Test("the secrets of time-limited credentials are one text, or a list of which the first signs")
    func secrets() throws {
        #expect(try ConfigurationFile.parse("auth-secret = \"the only one\"").authSecrets == ["the only one"])
        #expect(try ConfigurationFile.parse("auth-secret = [\"the new one\", \"the old one\"]").authSecrets
            == ["the new one", "the old one"])
    }

    @Test("a user's password and the secret are not printed")
    func redacted() {
        #expect("\(ServeConfiguration.User(name: "alice", password: "hunter2"))" == "alice:<redacted>")
    }
}
