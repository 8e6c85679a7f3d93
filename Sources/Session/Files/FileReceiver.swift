/// Receives one file: what to write, and what to answer. It holds no bytes, and takes none that were not announced.
public struct FileReceiver: Sendable {
    public enum Action: Hashable, Sendable {
        /// Write these behind those before; then call `wrote`.
        case write([UInt8])
        /// All is there. Compare the hash of what was written, put the file where it belongs, and call `kept`, or `fail`.
        case keep(sha256: [UInt8])
        /// Forget what was written; the message, if there is one, tells the sender.
        case discard(FileFailure, FileMessage?)
    }

    /// A sender that keeps to its window is told this often how far we are.
    static let step: UInt64 = 128 << 10

    public let total: UInt64
    public private(set) var received: UInt64 = 0
    /// Bytes that are on the disk.
    public private(set) var written: UInt64 = 0
    public private(set) var isOver = false
    private var told: UInt64 = 0
    private var hasAll = false

    /// - Parameter total: bytes of the file, as the person was told.
    public init(total: UInt64) { self.total = total }

    /// What the sender says; nil when nothing is to be done.
    public mutating func receive(_ bytes: [UInt8]) -> Action? {
        guard !isOver else { return nil }
        switch FileMessage(bytes) {
        case .data(let bytes)?:
            received += UInt64(bytes.count)
            // More than was told, or more at once than anybody sends who listens.
            guard !hasAll, received <= total, received - written <= 2 * FileSender.window else { return fail(.nonsense) }
            return .write(bytes)
        case .end(let hash)?:
            guard !hasAll, received == total else { return fail(received == total ? .nonsense : .changed) }
            hasAll = true
            return .keep(sha256: hash)
        case .failed(let failure)?:
            isOver = true
            return .discard(failure, nil)
        case .progress?, .done?, nil: return fail(.nonsense)
        }
    }

    /// So many more bytes are on the disk; the message is for the sender.
    public mutating func wrote(_ count: Int) -> FileMessage? {
        written += UInt64(count)
        guard !isOver, written - told >= Self.step else { return nil }
        told = written
        return .progress(written)
    }

    /// The file is where it belongs.
    public mutating func kept() -> FileMessage {
        isOver = true
        return .done
    }

    /// Ends it here.
    public mutating func fail(_ failure: FileFailure) -> Action {
        isOver = true
        return .discard(failure, .failed(failure))
    }

    /// The channel is closed before the file was whole; nil when it was.
    public mutating func closed() -> Action? {
        guard !isOver else { return nil }
        isOver = true
        return .discard(.cancelled, nil)
    }
}
