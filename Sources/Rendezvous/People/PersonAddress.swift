/// Where a person is met: their name, and the relay that vouches for it.
///
/// `name@relay.example.org` is at a relay with HTTPS, `name@relay.example.org:8443` as well; one without is written with its scheme,
/// `name@http://203.0.113.7:3478`, so that nobody is sent there who did not mean it.
public struct PersonAddress: Hashable, Sendable {
    public let name: PersonName
    public let relay: RelayURL

    public init(name: PersonName, relay: RelayURL) {
        self.name = name
        self.relay = relay
    }

    /// Nil for what is no address.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 400, let at = text.firstIndex(of: "@"), let name = PersonName(text[..<at]) else { return nil }
        let place = text[text.index(after: at)...]
        guard let relay = place.contains("://") ? RelayURL(place) : RelayURL("https://" + place) else { return nil }
        self.init(name: name, relay: relay)
    }
}

extension PersonAddress: CustomStringConvertible {
    /// As `init(_:)` reads it.
    public var description: String { "\(name)@\(relay.isSecure ? relay.authority : relay.description)" }
}
