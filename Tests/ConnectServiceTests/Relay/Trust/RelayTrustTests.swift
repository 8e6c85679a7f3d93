import CertificateSupport
@testable import ConnectService
import Crypto
import DTLS
import Foundation
import NIOCore
import NIOPosix
import Rendezvous
import Synchronization
import Testing
import X509

@Suite("RelayTrust")
struct RelayTrustTests {
    private let known = KnownRelays(path: FileManager.default.temporaryDirectory.path + "/ra-\(UUID().uuidString)/state/known-relays")

    private func trust(_ url: String, roots: [TestAuthority] = [], said: Said = Said()) throws -> RelayTrust {
        RelayTrust(
            try #require(RelayURL(url)), known: known, roots: CertificateStore(roots.map(\.certificate)), say: { said.add($0) })
    }

    private func refusal(of chain: [Certificate], by trust: RelayTrust) async -> String {
        do {
            return "accepted: \(try await trust.judge(chain))"
        } catch {
            return error.description
        }
    }

    // MARK: An authority vouches for it

    @Test("a certificate of a trusted authority is good by name and by address", arguments: [
        "https://relay.example.org", "https://relay.example.org:8443", "https://192.0.2.7:5349", "https://[2001:db8::7]",
        "https://any.example.net",
    ])
    func vouchedFor(url: String) async throws {
        let authority = try TestAuthority()
        let identity = try authority.issue(["relay.example.org", "192.0.2.7", "2001:db8::7", "*.example.net"])
        #expect(try await trust(url, roots: [authority]).judge([identity.certificate]) == .good)
    }

    @Test("another name, an expired one, one not yet valid and one for other uses are refused, each with its sentence")
    func refused() async throws {
        let authority = try TestAuthority()
        let trust = try trust("https://relay.example.org", roots: [authority])
        let name = try authority.issue(["other.example.org", "192.0.2.9"])
        #expect(await refusal(of: [name.certificate], by: trust).contains("belongs to other.example.org, 192.0.2.9"))
        let expired = try authority.issue(["relay.example.org"], until: .now - 3600)
        #expect(await refusal(of: [expired.certificate], by: trust).contains("expired on"))
        let early = try authority.issue(["relay.example.org"], from: .now + 3600)
        #expect(await refusal(of: [early.certificate], by: trust).contains("clock"))
        let client = try authority.issue(["relay.example.org"], usage: [.clientAuth])
        #expect(await refusal(of: [client.certificate], by: trust).contains("No authority"))
        #expect(await refusal(of: [], by: trust).contains("shows no certificate"))
    }

    @Test("an authority that is not trusted here vouches for nobody, and is not taken for a first meeting")
    func strangeAuthority() async throws {
        let (ours, theirs) = (try TestAuthority("Ours"), try TestAuthority("Theirs"))
        let identity = try theirs.issue(["relay.example.org"])
        let trust = try trust("https://relay.example.org", roots: [ours])
        #expect(await refusal(of: [identity.certificate, theirs.certificate], by: trust).contains("No authority"))
    }

    @Test("an authority may come later: then the key that was remembered no longer counts")
    func authorityAfterFirstMeeting() async throws {
        let authority = try TestAuthority()
        let former = try TestIdentity.selfSigned(["relay.example.org"])
        #expect(try trust("https://relay.example.org").introduce(#require(Fingerprint(ofKeyIn: former.certificate))))
        let identity = try authority.issue(["relay.example.org"])
        #expect(try await trust("https://relay.example.org", roots: [authority]).judge([identity.certificate]) == .good)
    }

    // MARK: It vouches for itself

    @Test("a relay that vouches for itself is told of once, remembered for its owner's eyes, and known in the next run")
    func firstMeeting() async throws {
        let identity = try TestIdentity.selfSigned(["whatever"], until: .now - 60)
        let key = try #require(Fingerprint(ofKeyIn: identity.certificate))
        let said = Said()
        let first = try trust("https://192.0.2.7:5349", said: said)
        #expect(try await first.judge([identity.certificate]) == .firstMeeting(key))
        #expect(first.introduce(key) && first.introduce(key))
        #expect(said.all.count == 1 && said.all[0].contains("\(key)"))
        #expect(try await first.judge([identity.certificate]) == .known)
        #expect(try await trust("https://192.0.2.7:5349").judge([identity.certificate]) == .known)
        #expect(try await trust("https://192.0.2.7:5350").judge([identity.certificate]) == .firstMeeting(key))
        #expect(try FileManager.default.attributesOfItem(atPath: known.path)[.posixPermissions] as? Int == 0o600)
    }

    @Test("a certificate made anew with the same key is known; another key is refused with what to do")
    func changed() async throws {
        let identity = try TestIdentity.selfSigned(["a"])
        let trust = try trust("https://192.0.2.7:5349")
        #expect(trust.introduce(try #require(Fingerprint(ofKeyIn: identity.certificate))))
        let renewed = try TestIdentity.selfSigned(["b"], key: identity.key)
        #expect(try await trust.judge([renewed.certificate]) == .known)
        let other = try TestIdentity.selfSigned(["a"])
        let sentence = await refusal(of: [other.certificate], by: trust)
        #expect(sentence.contains("another key") && sentence.contains(known.path) && sentence.contains("192.0.2.7:5349"))
        #expect(!trust.introduce(try #require(Fingerprint(ofKeyIn: other.certificate))))
    }

    @Test("where nothing can be written, the first key still holds for this run")
    func unwritable() async throws {
        let said = Said()
        let trust = RelayTrust(
            try #require(RelayURL("https://a.example")), known: KnownRelays(path: "/proc/nowhere/known-relays"),
            roots: CertificateStore(), say: { said.add($0) })
        let identity = try TestIdentity.selfSigned(["a"])
        #expect(trust.introduce(try #require(Fingerprint(ofKeyIn: identity.certificate))))
        #expect(said.all.first?.contains("cannot be remembered") == true)
        #expect(try await trust.judge([identity.certificate]) == .known)
        #expect(await refusal(of: [try TestIdentity.selfSigned(["a"]).certificate], by: trust).contains("another key"))
    }

    @Test("of an http URL nothing is asked")
    func plain() async throws {
        #expect(try await trust("http://a.example").judge([TestIdentity.selfSigned(["x"]).certificate]) == .good)
    }

    // MARK: On the wire

    /// Asks the URL's own port and no other, however long this machine takes for the answer: other ports may be other relays'.
    private func find(by trust: RelayTrust) async throws -> RelayDiscovery.Relay {
        try await RelayDiscovery(
            trust: trust, headStart: .seconds(60), patience: .seconds(60), loop: MultiThreadedEventLoopGroup.singleton.any()
        ).find()
    }

    @Test("discovery over https: first known by its key, then refused with another")
    func discovery() async throws {
        let identity = try TestIdentity.selfSigned(["localhost"])
        let relay = try await FakeTLSRelay(identity)
        let said = Said()
        let url = "https://127.0.0.1:\(relay.port)"
        let found = try await find(by: trust(url, said: said))
        #expect(found.endpoint.isSecure && found.endpoint.port == relay.port)
        #expect(said.all.count == 1)
        _ = try await find(by: trust(url, said: said))
        #expect(said.all.count == 1)
        relay.close()

        let impostor = try await FakeTLSRelay(.selfSigned(["localhost"]))
        defer { impostor.close() }
        // As if it stood on the former port: the name that the person uses has the former key.
        try known.remember(#require(Fingerprint(ofKeyIn: identity.certificate)), of: "127.0.0.1:\(impostor.port)")
        await #expect(throws: Distrust.self) {
            _ = try await find(by: trust("https://127.0.0.1:\(impostor.port)"))
        }
    }

    @Test("discovery over https with a certificate of an authority, and one with another name")
    func discoveryWithAuthority() async throws {
        let authority = try TestAuthority()
        let relay = try await FakeTLSRelay(authority.issue(["127.0.0.1"]))
        defer { relay.close() }
        let said = Said()
        _ = try await find(by: trust("https://127.0.0.1:\(relay.port)", roots: [authority], said: said))
        #expect(said.all.isEmpty)
        let error = await #expect(throws: Distrust.self) {
            _ = try await find(by: trust("https://localhost:\(relay.port)", roots: [authority]))
        }
        #expect(error?.description.contains("belongs to 127.0.0.1") == true)
    }
}

/// What a person was told.
final class Said: Sendable {
    private let sentences = Mutex<[String]>([])
    func add(_ sentence: String) { sentences.withLock { $0.append(sentence) } }
    var all: [String] { sentences.withLock { $0 } }
}
