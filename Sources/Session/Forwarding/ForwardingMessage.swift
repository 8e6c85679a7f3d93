internal import NetPrimitives

/// What the two ends of a forwarded connection say to each other on its own reliable, ordered data channel.
///
/// The helper opens it for what it was granted (`SideRequest`). One message of the channel is
/// one of these: a type byte and what follows it, numbers in network byte order. Bytes after the last field belong to a later
/// version and are ignored.
public enum ForwardingMessage: Hashable, Sendable {
    /// From the sharer: the place is connected, and takes data.
    case opened
    /// From the sharer: it is not, and never will be.
    case failed(ForwardingFailure)
    /// What an application has written: 1…`maximumDataBytes`.
    case data([UInt8])
    /// So many bytes of data more may be sent, besides those that were allowed before.
    case credit(UInt32)
    /// No data follows: the FIN of that direction.
    case end
    /// Both directions are over at once, whatever is under way.
    case reset

    /// A message blocks those of other channels while it is sent: as much as SCTP takes in one piece.
    public static let maximumDataBytes = 16 << 10

    public enum Malformed: Error, Hashable, Sendable { case truncated, tooLong }

    private enum Code: UInt8 {
        case opened = 1, failed, data, credit, end, reset
    }

    /// Reads one message; nil for a type that only a later version knows.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> ForwardingMessage? {
        guard bytes.count <= 1 + maximumDataBytes else { throw .tooLong }
        var reader = ByteReader(bytes)
        do {
            guard let code = Code(rawValue: try reader.readUInt8()) else { return nil }
            switch code {
            case .opened: return .opened
            // A reason of a later version is some other one.
            case .failed: return .failed(ForwardingFailure(rawValue: try reader.readUInt8()) ?? .other)
            case .data:
                guard !reader.isAtEnd else { throw Malformed.truncated }
                return .data(Array(reader.readRest()))
            case .credit: return .credit(try reader.readUInt32())
            case .end: return .end
            case .reset: return .reset
            }
        } catch {
            throw .truncated
        }
    }

    public func encoded() -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 8)
        func begin(_ code: Code) { writer.write(code.rawValue) }
        switch self {
        case .opened: begin(.opened)
        case .failed(let failure):
            begin(.failed)
            writer.write(failure.rawValue)
        case .data(let bytes):
            begin(.data)
            writer.write(bytes)
        case .credit(let count):
            begin(.credit)
            writer.write(count)
        case .end: begin(.end)
        case .reset: begin(.reset)
        }
        return writer.bytes
    }
}
