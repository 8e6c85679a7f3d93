import FoundationEssentials

/// One JSON object as UTF-8 bytes.
enum JSONText {
    /// The most a message may have, in bytes: one WebSocket message of the rendezvous. An opaque payload of 16 KiB, or 32
    /// URIs of 512 bytes, and the fields around them.
    static let maximumSize = 20 * 1024

    static func encode(_ value: some Encodable, pretty: Bool = false) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty
            ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            : [.sortedKeys, .withoutEscapingSlashes]
        // Strings and integers always encode; nothing here holds a floating-point number.
        guard let data = try? encoder.encode(value) else { preconditionFailure("our own fields encode") }
        return Array(data)
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type, from text: [UInt8], limit: Int = maximumSize
    ) throws(MessageError) -> Value {
        guard text.count <= limit else { throw .tooLarge }
        guard let value = try? JSONDecoder().decode(type, from: Data(text)) else { throw .malformed }
        return value
    }
}
