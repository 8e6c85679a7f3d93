/// What a policy forbids, as a sentence that says what would be allowed.
public struct PolicyRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
