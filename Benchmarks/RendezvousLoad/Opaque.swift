/// What a message says of its payload, found without reading the rest: the load's own share of the processor is to be small.
enum Opaque {
    private static let key = Array("\"payload\":\"".utf8)

    /// The payload of an `opaque` message; nil for any other.
    static func payload(of text: [UInt8]) -> ArraySlice<UInt8>? {
        guard let start = text.firstRange(of: key)?.upperBound, let end = text[start...].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        return text[start..<end]
    }
}
