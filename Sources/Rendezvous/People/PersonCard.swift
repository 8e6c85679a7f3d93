/// What somebody gives of themselves who wants to be a contact: where they are rung, and whose key is there, proven within the meeting.
public struct PersonCard: Sendable, Hashable {
    public let address: PersonAddress
    /// Proven by its speaker, where a client of this room tells it; nil: no key, or not proven.
    public internal(set) var key: PersonKey?
    var proof: [UInt8]?

    public init(_ address: PersonAddress) { self.address = address }
}
