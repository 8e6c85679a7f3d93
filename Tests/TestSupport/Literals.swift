public import NetPrimitives

// What a test writes down: a mistake in it is the test's, and traps.

extension TransportAddress {
    public init(literal: String) {
        guard let address = TransportAddress(literal) else { preconditionFailure("not an address: \(literal)") }
        self = address
    }
}

extension IPAddress {
    public init(literal: String) {
        guard let address = IPAddress(literal) else { preconditionFailure("not an address: \(literal)") }
        self = address
    }
}

extension CIDRBlock {
    public init(literal: String) {
        guard let block = CIDRBlock(literal) else { preconditionFailure("not a block: \(literal)") }
        self = block
    }
}

extension Instant {
    /// Seconds after the origin.
    public static func at(_ seconds: Double) -> Instant { .zero + .milliseconds(Int64(seconds * 1000)) }
}
