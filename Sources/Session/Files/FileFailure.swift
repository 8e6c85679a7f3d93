/// Why a file was not transferred. Nothing of it is kept.
public enum FileFailure: Error, Hashable, Sendable, CaseIterable {
    /// Somebody took it back, or the session ended.
    case cancelled
    /// The sender's file cannot be read any more.
    case unreadable
    /// The sender's file was changed while it was being sent.
    case changed
    /// There is no room for it at the receiver.
    case noRoom
    /// The receiver cannot write it.
    case unwritable
    /// What has come is not what was sent.
    case damaged
    /// The other side's program said what makes no sense here.
    case nonsense
}

extension FileFailure {
    var wireCode: UInt8 {
        switch self {
        case .cancelled: 1
        case .unreadable: 2
        case .changed: 3
        case .noRoom: 4
        case .unwritable: 5
        case .damaged: 6
        case .nonsense: 7
        }
    }

    /// A reason of a later version reads as `cancelled`: the other side had one.
    init(wireCode: UInt8) { self = Self.allCases.first { $0.wireCode == wireCode } ?? .cancelled }
}

extension FileFailure: CustomStringConvertible {
    /// A sentence that fits either side.
    public var description: String {
        switch self {
        case .cancelled: "It was ended before it was whole."
        case .unreadable: "The file could not be read to its end."
        case .changed: "The file was changed while it was being sent; send it again."
        case .noRoom: "There is not enough room for it on the disk of the receiver."
        case .unwritable: "The receiver cannot write it where files are kept; --downloads names another folder."
        case .damaged: "What arrived is not what was sent; send it again."
        case .nonsense: "The two programs did not understand each other."
        }
    }
}
