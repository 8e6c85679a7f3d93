/// One helper's meeting with one sharer: 128 random bits from the relay, and CPace's session identifier.
public struct MeetingID: Hashable, Sendable {
    /// 26 Crockford symbols, canonical.
    public let text: String
    let bytes: [UInt8]

    private init(bytes: [UInt8]) {
        self.bytes = bytes
        text = CrockfordBase32.encode(bytes)
    }

    /// Reads the 26 symbols; nil for anything else.
    public init?(_ text: String) {
        guard let bytes = CrockfordBase32.decode(text, count: 16) else { return nil }
        self.init(bytes: bytes)
    }

    public static func random(using random: inout some RandomNumberGenerator) -> MeetingID {
        MeetingID(bytes: Secret.random(count: 16, using: &random).exposed)
    }
}

extension MeetingID: CustomStringConvertible {
    public var description: String { text }
}
