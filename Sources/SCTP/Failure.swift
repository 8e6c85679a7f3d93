/// Why an association ended, or why a call was refused.
public enum Failure: Error, Hashable, Sendable {
    /// The peer aborted the association.
    case aborted
    /// The peer acknowledged nothing for as long as the association is patient: minutes.
    case timedOut
    /// The peer started anew under the same DTLS session: its state and ours no longer match.
    case restarted
    /// The peer sent a message larger than this side takes.
    case messageTooLarge(limit: Int)
    /// `send` or `open` after the end.
    case closed
    /// No such channel, or it is closing.
    case unknownChannel(ChannelID)
    /// `send` over the bound of what may wait: wait for `.bufferedAmountLow`, or drop.
    case bufferFull(limit: Int)
    /// `open` with every stream in use, or over the bound of channels.
    case noStreamLeft
    /// `open` with a label or protocol of more than 65,535 bytes.
    case labelTooLong
    /// usrsctp refused a call; its `errno`.
    case library(Int32)
}

extension Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .aborted: "the peer aborted the SCTP association"
        case .timedOut: "the peer stopped answering on the SCTP association"
        case .restarted: "the peer restarted the SCTP association: begin a new session"
        case .messageTooLarge(let limit): "the peer sent a message of more than \(limit) bytes"
        case .closed: "the SCTP association has ended"
        case .unknownChannel(let id): "\(id) is not open"
        case .bufferFull(let limit): "more than \(limit) bytes wait to be sent: send less, or wait"
        case .noStreamLeft: "no stream is free for another data channel"
        case .labelTooLong: "a data channel's label and protocol have at most 65535 bytes each"
        case .library(let code): "usrsctp failed with errno \(code)"
        }
    }
}
