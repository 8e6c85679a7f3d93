import NetPrimitives

/// A message of the Data Channel Establishment Protocol (RFC 8832 section 5).
package enum ControlMessage: Hashable, Sendable {
    /// DATA_CHANNEL_OPEN, on the stream that it opens.
    case open(ChannelParameters)
    /// DATA_CHANNEL_ACK.
    case acknowledge

    package enum DecodingError: Error, Hashable {
        case truncated
        case unknownMessageType(UInt8)
        case unknownChannelType(UInt8)
        case invalidUTF8
        case trailingBytes
    }

    private static let acknowledgeType: UInt8 = 0x02
    private static let openType: UInt8 = 0x03

    package init(_ bytes: [UInt8]) throws(DecodingError) {
        do {
            var reader = ByteReader(bytes)
            switch try reader.readUInt8() {
            // What follows the type says nothing: pion pads it with three zeros.
            case Self.acknowledgeType: self = .acknowledge
            case Self.openType:
                self = .open(try ChannelParameters(&reader))
                guard reader.isAtEnd else { throw DecodingError.trailingBytes }
            case let other: throw DecodingError.unknownMessageType(other)
            }
        } catch let error as DecodingError {
            throw error
        } catch {
            throw .truncated
        }
    }

    package var bytes: [UInt8] {
        switch self {
        case .acknowledge: return [Self.acknowledgeType]
        case .open(let parameters):
            var writer = ByteWriter()
            writer.write(Self.openType)
            parameters.write(to: &writer)
            return writer.bytes
        }
    }
}

/// What DATA_CHANNEL_OPEN says of a channel (RFC 8832 section 5.1).
package struct ChannelParameters: Hashable, Sendable {
    package var label: String
    package var `protocol`: String
    package var ordered: Bool
    package var reliability: Channel.Reliability
    package var priority: Channel.Priority

    private static let unorderedFlag: UInt8 = 0x80

    package init(
        label: String, protocol: String, ordered: Bool, reliability: Channel.Reliability, priority: Channel.Priority
    ) {
        self.label = label
        self.protocol = `protocol`
        self.ordered = ordered
        self.reliability = reliability
        self.priority = priority
    }

    init(_ reader: inout ByteReader) throws {
        let type = try reader.readUInt8()
        priority = Channel.Priority(value: try reader.readUInt16())
        let parameter = try reader.readUInt32()
        ordered = type & Self.unorderedFlag == 0
        switch type & ~Self.unorderedFlag {
        case 0x00: reliability = .reliable
        case 0x01: reliability = .retransmissions(parameter)
        case 0x02: reliability = .milliseconds(parameter)
        default: throw ControlMessage.DecodingError.unknownChannelType(type)
        }
        let labelLength = Int(try reader.readUInt16())
        let protocolLength = Int(try reader.readUInt16())
        label = try Self.text(try reader.read(count: labelLength))
        `protocol` = try Self.text(try reader.read(count: protocolLength))
    }

    func write(to writer: inout ByteWriter) {
        let (type, parameter): (UInt8, UInt32) =
            switch reliability {
            case .reliable: (0x00, 0)
            case .retransmissions(let count): (0x01, count)
            case .milliseconds(let lifetime): (0x02, lifetime)
            }
        writer.write(ordered ? type : type | Self.unorderedFlag)
        writer.write(priority.value)
        writer.write(parameter)
        writer.write(UInt16(label.utf8.count))
        writer.write(UInt16(`protocol`.utf8.count))
        writer.write(label.utf8)
        writer.write(`protocol`.utf8)
    }

    /// The fields' lengths have 16 bits.
    var isEncodable: Bool { label.utf8.count <= UInt16.max && `protocol`.utf8.count <= UInt16.max }

    private static func text(_ bytes: ArraySlice<UInt8>) throws(ControlMessage.DecodingError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalidUTF8 }
        return text
    }
}
