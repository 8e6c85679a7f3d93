/// What a message says of its payload, found without reading the rest: the load's own share of the processor is to be small.
enum Opaque {
    /// Members are in the order of their names, and a meeting's identifier has 26 symbols.
    private static let before = Array(#"{"meeting":""#.utf8)
    private static let between = Array(#"","payload":""#.utf8)
    private static let start = before.count + 26 + between.count

    /// The payload of an `opaque` message; nil for any other.
    static func payload(of text: [UInt8]) -> ArraySlice<UInt8>? {
        guard text.count > start, matches(text, before, at: 0), matches(text, between, at: before.count + 26) else { return nil }
        var end = start
        while end < text.count, text[end] != UInt8(ascii: "\"") { end += 1 }
        return text[start..<end]
    }

    private static func matches(_ text: [UInt8], _ word: [UInt8], at offset: Int) -> Bool {
        for index in 0..<word.count where text[offset + index] != word[index] { return false }
        return true
    }
}

/// Randomness of a load, which is nobody's secret: the system's costs a call for every few bytes (splitmix64).
struct LoadRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
