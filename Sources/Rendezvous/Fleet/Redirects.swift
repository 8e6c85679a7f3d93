/// How often a client has been told that it asked the wrong node: a bound, so that relays that lie, or disagree while the fleet
/// changes, send nobody in circles.
public struct Redirects: Hashable, Sendable {
    /// One is enough where all nodes see the same fleet; a node that dies in between costs another.
    public static let limit = 4

    public private(set) var count = 0

    public init() {}

    /// Whether to follow to `url` from the relay that named it; counts it if so. What was asked with TLS is never asked without.
    public mutating func follow(_ url: RelayURL, from relay: RelayURL) -> Bool {
        guard count < Self.limit, url.isSecure || !relay.isSecure, url != relay else { return false }
        count += 1
        return true
    }

    /// What was looked for is found.
    public mutating func arrive() { count = 0 }
}
