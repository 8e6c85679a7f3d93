internal import NetPrimitives

/// What is said on the data channel of one file, which its sender opens after the yes: the label is `file`, the protocol the
/// number of the request on the wire. One message of the channel is one of these: a type byte and its fields in network byte
/// order; bytes after the last field belong to a later version.
public enum FileMessage: Hashable, Sendable {
    // The sender's.
    /// The next bytes of the file.
    case data([UInt8])
    /// All has been sent; with the SHA-256 of it.
    case end(sha256: [UInt8])

    // The receiver's.
    /// So many bytes are on the disk: the sender may go on.
    case progress(UInt64)
    /// The file is whole, and where it belongs.
    case done

    // Either's; the last message.
    case failed(FileFailure)

    /// Bytes of a file in one message: an eighth of a second at 1 Mbit/s, for which nothing else can be sent.
    public static let maximumData = 16 << 10
    static let hashBytes = 32

    private enum Code: UInt8 { case data = 1, end, progress, done, failed }

    /// Nil for what is malformed, and for a type that only a later version knows.
    public init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let first = try? reader.readUInt8(), let code = Code(rawValue: first) else { return nil }
        switch code {
        case .data:
            guard (2...Self.maximumData + 1).contains(bytes.count) else { return nil }
            self = .data(Array(bytes.dropFirst()))
        case .end:
            guard let hash = try? reader.read(count: Self.hashBytes) else { return nil }
            self = .end(sha256: Array(hash))
        case .progress:
            guard let count = try? reader.readUInt64() else { return nil }
            self = .progress(count)
        case .done: self = .done
        case .failed:
            guard let why = try? reader.readUInt8() else { return nil }
            self = .failed(FileFailure(wireCode: why))
        }
    }

    public var encoded: [UInt8] {
        var writer = ByteWriter(reservingCapacity: 40)
        switch self {
        case .data(let bytes): return [Code.data.rawValue] + bytes
        case .end(let hash):
            writer.write(Code.end.rawValue)
            writer.write(hash)
        case .progress(let count):
            writer.write(Code.progress.rawValue)
            writer.write(count)
        case .done: writer.write(Code.done.rawValue)
        case .failed(let failure):
            writer.write(Code.failed.rawValue)
            writer.write(failure.wireCode)
        }
        return writer.bytes
    }
}
