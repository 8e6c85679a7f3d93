import Crypto
import DTLS
import Foundation
import NIOCore
import NetPrimitives
import Rendezvous
import SwiftASN1
import Synchronization
import X509

/// Decides whether a certificate is that of the relay which the person named.
///
/// An authority that this computer trusts may vouch for it. Or it vouches for itself: then its key is remembered at the
/// first meeting, as ssh does it, and no other one is taken later. Of an `http` URL nothing is asked.
///
/// To trust at first use is enough here: a relay that lies learns no secret and sees no session, for both ends prove the
/// invitation's secret to each other (docs/rendezvous.md). It can only deny service.
final class RelayTrust: Sendable {
    enum Verdict: Hashable, Sendable {
        /// An authority vouches for it, or nobody has to.
        case good
        /// It has the key that it had.
        case known
        /// It vouches for itself and has never been met.
        case firstMeeting(Fingerprint)
    }

    let url: RelayURL
    private let known: KnownRelays
    private let roots: CertificateStore
    private let say: @Sendable (String) -> Void
    /// Met in this run: holds also where nothing can be written.
    private let met = Mutex<Fingerprint?>(nil)

    /// - Parameter say: tells the person a sentence.
    init(
        _ url: RelayURL, known: KnownRelays = KnownRelays(), roots: CertificateStore? = nil,
        say: @escaping @Sendable (String) -> Void = { FileHandle.standardError.write(Data(($0 + "\n").utf8)) }
    ) {
        self.url = url
        self.known = known
        self.roots = roots ?? Self.systemRoots()
        self.say = say
    }

    /// The system's, or those of `$SSL_CERT_FILE`, as with OpenSSL.
    private static func systemRoots() -> CertificateStore {
        guard let path = ProcessInfo.processInfo.environment["SSL_CERT_FILE"], !path.isEmpty else { return .systemTrustRoots }
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let documents = (try? PEMDocument.parseMultiple(pemString: text)) ?? []
        return CertificateStore(documents.compactMap { try? Certificate(pemDocument: $0) })
    }

    // MARK: The verdict

    /// - Parameter chain: as the relay showed it, its own certificate first.
    func judge(_ chain: [Certificate]) async throws(Distrust) -> Verdict {
        guard url.isSecure else { return .good }
        guard let leaf = chain.first else { throw Distrust("The relay at \(url) shows no certificate.") }
        let others = CertificateStore(chain.dropFirst())
        if await isVouchedFor(leaf, others, checkingName: true) { return .good }
        if leaf.vouchesForItself {
            guard let key = Fingerprint(ofKeyIn: leaf) else { throw Distrust("The certificate of \(url) cannot be read.") }
            guard let former = met.withLock({ $0 }) ?? known.key(of: name) else { return .firstMeeting(key) }
            if former == key { return .known }
            throw Distrust(Self.changed(url, name: name, from: former, to: key, file: known.path))
        }
        throw Distrust(await complaint(about: leaf, others))
    }

    /// A relay that has been met for the first time has answered as a relay does: its key is remembered.
    ///
    /// - Returns: false when, through another port, one with another key was first.
    func introduce(_ key: Fingerprint) -> Bool {
        let former = met.withLock { met in
            defer { met = met ?? key }
            return met
        }
        if let former { return former == key }
        let kept: String
        do {
            try known.remember(key, of: name)
            kept = "It is remembered in \(known.path): another one will be refused."
        } catch {
            kept = "It cannot be remembered in \(known.path): \(error.localizedDescription)"
        }
        say("The relay at \(url) vouches for itself; you meet it for the first time. Its key is sha-256 \(key). \(kept)")
        return true
    }

    /// What the person called it: its other ports are the same relay's.
    private var name: String { url.endpoint.authority }

    private func isVouchedFor(
        _ leaf: Certificate, _ others: CertificateStore, checkingName: Bool
    ) async -> Bool {
        let host = url.endpoint.host
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        var verifier = Verifier(rootCertificates: roots) {
            RFC5280Policy()
            ServerUsagePolicy()
            if checkingName {
                ServerIdentityPolicy(serverHostname: isAddress ? nil : host, serverIP: isAddress ? host : nil)
            } else {
                AnyNamePolicy()
            }
        }
        guard case .validCertificate = await verifier.validate(leaf: leaf, intermediates: others) else { return false }
        return true
    }

    // MARK: Sentences

    private func complaint(about leaf: Certificate, _ others: CertificateStore) async -> String {
        let remedy = "Whoever runs the relay has to renew it."
        if .now > leaf.notValidAfter {
            return "The certificate of \(url) expired on \(Self.day(leaf.notValidAfter)). \(remedy)"
        }
        if .now < leaf.notValidBefore {
            return "The certificate of \(url) is valid only from \(Self.day(leaf.notValidBefore)) on: is this computer's clock right?"
        }
        if await isVouchedFor(leaf, others, checkingName: false) {
            return "The certificate of \(url) belongs to \(Self.names(leaf)): use that name, if it is the relay you mean."
        }
        return "No authority that this computer trusts vouches for the certificate of \(url). If it is your own organisation's, "
            + "its root certificate has to be installed here (or named by SSL_CERT_FILE)."
    }

    private static func changed(_ url: RelayURL, name: String, from former: Fingerprint, to key: Fingerprint, file: String) -> String {
        "The relay at \(url) shows another key than when you first met it: sha-256 \(key) instead of \(former). "
            + "Either it was set up anew, or somebody stands in between. Ask who runs it. If they confirm the new key, "
            + "remove the line that begins with “\(name)” from \(file) and try again."
    }

    private static func day(_ date: Date) -> String { date.ISO8601Format(.iso8601.year().month().day()) }

    /// At most three, and nothing in them that a terminal would obey.
    private static func names(_ leaf: Certificate) -> String {
        let all = ((try? leaf.extensions.subjectAlternativeNames) ?? nil).map(Array.init) ?? []
        let texts = all.compactMap { name -> String? in
            switch name {
            case .dnsName(let text): text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-.*_".contains($0)) } ? text : nil
            case .ipAddress(let octets): IPAddress(octets: Array(octets.bytes)).map { "\($0)" }
            default: nil
            }
        }
        return texts.isEmpty ? "nobody by name" : texts.prefix(3).joined(separator: ", ")
    }
}

extension Certificate {
    /// Nobody but its own key does.
    fileprivate var vouchesForItself: Bool { issuer == subject && publicKey.isValidSignature(signature, for: self) }
}

extension Fingerprint {
    /// The SHA-256 digest of a certificate's SubjectPublicKeyInfo: a certificate made anew with the same key keeps it.
    init?(ofKeyIn certificate: Certificate) {
        guard let key = try? certificate.publicKey.serializeAsPEM().derBytes else { return nil }
        self.init(bytes: Array(SHA256.hash(data: key)))
    }
}
