import NetPrimitives
import Relay

extension ServeConfiguration {
    /// What may be meant, but seldom is: the key, and what comes of it.
    func notes() -> [(key: String, sentence: String)] {
        var notes: [(key: String, sentence: String)] = []
        for (key, quota) in [
            ("quota-per-user", quotas.perUser), ("quota-per-invitation", quotas.perInvitation),
            ("quota-per-address", quotas.perAddress), ("quota-total", quotas.total),
        ] where quota == 0 {
            notes.append((key, "0 is none at all, not as many as there may be: nothing is relayed for them."))
        }
        if tlsPort != nil, !hasCertificate {
            notes.append(("tls-port", "without a certificate nothing listens there: tls-cert and tls-key, or tls-self-signed."))
        }
        let hasTwo = listen.filter { $0.family == .ipv4 && !$0.isUnspecified }.count >= 2
            || listen.filter { $0.family == .ipv6 && !$0.isUnspecified }.count >= 2
        if natDiscovery, !hasTwo || !externalAddresses.isEmpty {
            notes.append(("nat-discovery", "it takes two addresses of one family in listen, and no external-ip: it will not be served."))
        }
        return notes
    }
}
