import Foundation
import NIOCore
import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// One TLS connection's look at the relay's certificate: asks `RelayTrust`, and keeps what it said.
final class TLSMeeting: Sendable {
    private let trust: RelayTrust
    private let mayBeFirst: Bool
    private let outcome = Mutex<Result<RelayTrust.Verdict, Distrust>?>(nil)

    /// - Parameter mayBeFirst: whether a relay that has never been met is taken; whoever says so introduces it.
    init(_ trust: RelayTrust, mayBeFirst: Bool = true) {
        self.trust = trust
        self.mayBeFirst = mayBeFirst
    }

    /// nil before the relay has shown its certificate, and when it was refused.
    var verdict: RelayTrust.Verdict? { outcome.withLock { try? $0?.get() } }

    /// Why the relay was refused; nil when it was not.
    var distrust: Distrust? {
        guard case .failure(let distrust) = outcome.withLock({ $0 }) else { return nil }
        return distrust
    }

    /// Puts TLS beneath everything else of a channel when the endpoint wants it.
    ///
    /// - Parameter protocols: what is spoken inside, as ALPN names it (RFC 7301); empty leaves it unsaid.
    func install(
        on pipeline: ChannelPipeline.SynchronousOperations, for endpoint: RelayEndpoint, protocols: [String] = ["http/1.1"]
    ) throws {
        guard endpoint.isSecure else { return }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = protocols
        configuration.minimumTLSVersion = .tlsv12
        // `verify` decides, about the name too.
        configuration.certificateVerification = .noHostnameVerification
        let isAddress = (try? SocketAddress(ipAddress: endpoint.host, port: 0)) != nil
        try pipeline.addHandler(
            NIOSSLClientHandler(
                context: NIOSSLContext(configuration: configuration), serverHostname: isAddress ? nil : endpoint.host,
                customVerificationCallback: { [self] chain, promise in verify(chain, promise) }))
    }

    private func verify(_ chain: [NIOSSLCertificate], _ promise: EventLoopPromise<NIOSSLVerificationResult>) {
        let encoded = chain.map { try? $0.toDERBytes() }
        promise.completeWithTask { [self] in
            let result: Result<RelayTrust.Verdict, Distrust>
            do throws(Distrust) {
                let verdict = try await trust.judge(try Self.parse(encoded, of: trust))
                if case .firstMeeting = verdict, !mayBeFirst {
                    throw Distrust("The relay at \(trust.url) shows a key here that it did not show where you met it.")
                }
                result = .success(verdict)
            } catch {
                result = .failure(error)
            }
            outcome.withLock { $0 = result }
            guard case .success = result else { return .failed }
            return .certificateVerified
        }
    }

    private static func parse(_ chain: [[UInt8]?], of trust: RelayTrust) throws(Distrust) -> [Certificate] {
        do { return try chain.map { try Certificate(derEncoded: $0 ?? []) } } catch {
            throw Distrust("The certificate of \(trust.url) cannot be read.")
        }
    }
}
