package import NetPrimitives

extension RouterDoor {
    /// What is wrong with a port that a router opened, or why it opens none.
    package struct Finding: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            /// The router names a private address as its external one.
            case behindAnotherNAT
            /// The router says that it has no public address.
            case noPublicAddress
            /// Who answers is not the router that we are behind.
            case routerBetween
            /// The relay sees this computer elsewhere than the router says to be.
            case seenElsewhere(IPAddress)
            /// The relay did not get in.
            case unreachable
        }

        package var kind: Kind
        package var `internal`: TransportAddress
        package var external: TransportAddress?

        package init(_ kind: Kind, _ local: TransportAddress, _ external: TransportAddress?) {
            self.kind = kind
            `internal` = local
            self.external = external
        }

        /// Begins small and has no full stop, as the other reasons of failed candidates.
        package var sentence: String {
            let address = external.map { "\($0.ip)" } ?? "unknown"
            return switch kind {
            case .behindAnotherNAT where isCarriers:
                "the router's own address \(address) is shared by the provider's customers (carrier-grade NAT), so no port of "
                    + "it can be reached from the internet: ask the provider for a public address"
            case .behindAnotherNAT:
                "the router's own address \(address) is a private one, so it is behind another router: set one of the two to "
                    + "bridge mode"
            case .noPublicAddress:
                "the router says that it has no public address: it is behind another router, or behind the provider's "
                    + "(carrier-grade NAT)"
            case .routerBetween:
                "another router stands between this computer and the one that opens ports: set one of the two to bridge mode"
            case .seenElsewhere(let seen):
                "the router says that it is \(address), but the internet sees \(seen): another router stands between"
            case .unreachable:
                "the router says that port \(external?.port ?? 0) is open, but nobody gets in by it"
            }
        }

        /// RFC 6598, and RFC 6333 for DS-Lite.
        private var isCarriers: Bool {
            let blocks = ["100.64.0.0/10", "192.0.0.0/29"].compactMap { CIDRBlock($0) }
            return external.map { external in blocks.contains { $0.contains(external.ip.unmapped) } } ?? false
        }
    }
}
