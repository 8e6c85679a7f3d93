/// Sends one file: what to read next, and what to say, so that no more is under way than `window`. It holds no bytes.
///
/// Its driver reads what `nextRead` says, hands it to `send`, puts the messages on the channel and brings the answers.
public struct FileSender: Sendable {
    public enum Outcome: Hashable, Sendable {
        /// The receiver has it, whole.
        case done
        case failed(FileFailure)
    }

    /// Bytes that were sent and are not on the receiver's disk: enough for 100 Mbit/s over 80 ms. A receiver with a slow
    /// disk need not hold more.
    public static let window: UInt64 = 1 << 20

    public let total: UInt64
    public private(set) var sent: UInt64 = 0
    /// Bytes that are on the receiver's disk.
    public private(set) var acknowledged: UInt64 = 0
    /// Set once; nothing follows it.
    public private(set) var outcome: Outcome?
    private var hasEnded = false

    /// - Parameter total: bytes of the file, as the receiver was told.
    public init(total: UInt64) { self.total = total }

    /// How many bytes to read and to `send` now; nil while the receiver must catch up, and when all is sent.
    public var nextRead: Int? {
        guard outcome == nil, sent < total else { return nil }
        let room = Self.window - min(Self.window, sent - acknowledged)
        // Small pieces are not worth their while: the window opens by more than one message.
        guard room >= UInt64(FileMessage.maximumData) else { return nil }
        return Int(min(UInt64(FileMessage.maximumData), total - sent))
    }

    /// Whether everything is sent but the hash.
    public var wantsHash: Bool { outcome == nil && sent == total && !hasEnded }

    /// The bytes that were read, as many as `nextRead` said or fewer; none when the file is shorter than it was.
    public mutating func send(_ bytes: [UInt8]) -> FileMessage {
        guard !bytes.isEmpty, UInt64(bytes.count) <= total - sent else { return fail(.changed) }
        sent += UInt64(bytes.count)
        return .data(bytes)
    }

    /// - Parameter hash: SHA-256 over everything that was sent.
    public mutating func finish(sha256 hash: [UInt8]) -> FileMessage {
        hasEnded = true
        return .end(sha256: hash)
    }

    /// Ends it here; the message tells the receiver.
    public mutating func fail(_ failure: FileFailure) -> FileMessage {
        outcome = outcome ?? .failed(failure)
        return .failed(failure)
    }

    /// What the receiver says. An answer is due when this side has to end it for what was said.
    public mutating func receive(_ bytes: [UInt8]) -> FileMessage? {
        guard outcome == nil else { return nil }
        switch FileMessage(bytes) {
        case .progress(let count)?:
            guard (acknowledged...sent).contains(count) else { return fail(.nonsense) }
            acknowledged = count
        case .done?:
            guard hasEnded else { return fail(.nonsense) }
            acknowledged = total
            outcome = .done
        case .failed(let failure)?: outcome = .failed(failure)
        case .data?, .end?, nil: return fail(.nonsense)
        }
        return nil
    }

    /// The channel is closed, with whatever was on it.
    public mutating func closed() { outcome = outcome ?? .failed(.cancelled) }
}
