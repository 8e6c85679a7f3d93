public import Rendezvous

/// Somebody whom this person knows: the address to ring at, and the key by which they are recognised, whatever a relay says.
public struct Contact: Hashable, Sendable {
    /// What they may offer to this person, as far as the policy of the computer lets them at all.
    public enum Offers: String, Hashable, Sendable, CaseIterable { case none, view, control }

    public let address: PersonAddress
    public let key: PersonKey
    public let since: UnixTime
    /// They see nobody here, and are not told why.
    public var isBlocked = false
    public var offers = Offers.control

    public init(address: PersonAddress, key: PersonKey, since: UnixTime) {
        self.address = address
        self.key = key
        self.since = since
    }
}
