import CSodium

/// Bytes that must not be printed, logged or compared in a way that takes longer the more of them match.
///
/// What needs the bytes asks for `exposed`, so that every such place can be found by that word.
public struct Secret: Sendable {
    /// The bytes themselves, for a primitive or for the one place that shows them to their owner.
    public let exposed: [UInt8]

    public init(_ bytes: some Sequence<UInt8>) { exposed = Array(bytes) }

    /// `count` uniformly random bytes.
    public static func random(count: Int, using random: inout some RandomNumberGenerator) -> Secret {
        Secret((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }

    public var count: Int { exposed.count }
}

extension Secret: Equatable {
    /// Takes the same time wherever the bytes differ; only the lengths may be learned.
    public static func == (left: Secret, right: Secret) -> Bool {
        left.count == right.count && sodium_memcmp(left.exposed, right.exposed, left.count) == 0
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
