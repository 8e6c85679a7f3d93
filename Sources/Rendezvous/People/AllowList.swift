/// The keys of those who may see a person and call: sorted, one after the other, so that a relay holds it in 32 bytes each.
public struct AllowList: Hashable, Sendable {
    /// What fits one message; more contacts than most people have.
    public static let maximumCount = 500

    /// The keys in order, without repetition.
    let bytes: [UInt8]

    public static let empty = AllowList(sorting: [])

    /// Nil for more than `maximumCount` keys.
    public init?(_ keys: some Sequence<PersonKey>) {
        let keys = Set(keys)
        guard keys.count <= Self.maximumCount else { return nil }
        self.init(sorting: keys.map { $0.bytes[...] })
    }

    /// Reads what `text` writes, in any order; nil for anything else.
    init?(text: String) {
        guard text.utf8.count <= (Self.maximumCount * PersonKey.size * 4 + 2) / 3, let bytes = Base64URL.decode(text),
            bytes.count % PersonKey.size == 0
        else { return nil }
        self.init(sorting: stride(from: 0, to: bytes.count, by: PersonKey.size).map { bytes[$0..<$0 + PersonKey.size] })
    }

    private init(sorting keys: [ArraySlice<UInt8>]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(keys.count * PersonKey.size)
        for key in keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) where !bytes.suffix(PersonKey.size).elementsEqual(key) {
            bytes += key
        }
        self.bytes = bytes
    }

    /// Base64 without padding (RFC 4648 §5).
    var text: String { Base64URL.encode(bytes) }

    public var count: Int { bytes.count / PersonKey.size }

    public func contains(_ key: PersonKey) -> Bool {
        var range = 0..<count
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            let start = middle * PersonKey.size
            let candidate = bytes[start..<start + PersonKey.size]
            if candidate.elementsEqual(key.bytes) { return true }
            range = candidate.lexicographicallyPrecedes(key.bytes) ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return false
    }
}
