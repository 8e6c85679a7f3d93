/// A range of ports as `49152-65535`.
public struct PortRange: Hashable, Sendable {
    public let range: ClosedRange<UInt16>

    public init(_ text: String) throws(ConfigurationError) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let low = UInt16(parts[0]), let high = UInt16(parts[1]), low <= high else {
            throw ConfigurationError("relay-ports: “\(text)” is not a range such as 49152-65535.")
        }
        range = low...high
    }
}
