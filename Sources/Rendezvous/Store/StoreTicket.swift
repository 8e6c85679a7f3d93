/// Names a question that a machine has put to the store, so that its driver can bring the answer.
public struct StoreTicket: Hashable, Sendable {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
}
