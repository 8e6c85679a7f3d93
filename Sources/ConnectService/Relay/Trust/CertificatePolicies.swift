import NetPrimitives
import SwiftASN1
import X509

/// A certificate that names its uses must name this one: to be a TLS server (RFC 5280 §4.2.1.12).
struct ServerUsagePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.extendedKeyUsage]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        guard let usages = try? chain.leaf.extensions.extendedKeyUsage else { return .meetsPolicy }
        return usages.contains(.serverAuth) || usages.contains(.any)
            ? .meetsPolicy : .failsToMeetPolicy(reason: "not for TLS servers")
    }
}

/// Whatever the certificate is for: to tell a wrong name from everything else that can be wrong.
struct AnyNamePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.subjectAlternativeName]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult { .meetsPolicy }
}
