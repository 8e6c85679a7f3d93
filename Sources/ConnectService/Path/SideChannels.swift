package import SCTP

/// A data channel besides those that every session has: for one file, one clipboard, one lent connection.
package struct SideChannel: Hashable, Sendable {
    package let id: ChannelID

    package enum Event: Sendable {
        /// The peer has opened one. Whoever has granted nothing for that closes it.
        case opened(SideChannel, label: String, protocol: String)
        case message(SideChannel, [UInt8])
        /// What waits has become little: more can be sent.
        case hasRoom(SideChannel)
        /// Both sides are done with it, whoever began.
        case closed(SideChannel)
    }

    /// Bytes of the largest message, in either direction: one blocks the way for others while it is being sent.
    package static let maximumMessage = 64 << 10
    /// Bytes that may wait on one before `send` refuses; `hasRoom` follows when they have fallen to this again.
    static let backlog = 64 << 10
    /// At a time, by either side: 64 connections (`ForwardingLimits`), some files, and what is being closed.
    static let maximumCount = 80
}

/// The side channels that are open, and who has opened them.
struct SideChannels {
    private enum State { case ours, theirs, closing }

    private var states: [ChannelID: State] = [:]

    var ours: Int { states.values.count { $0 == .ours } }
    var theirs: Int { states.values.count { $0 == .theirs } }

    func isKnown(_ id: ChannelID) -> Bool { states[id] != nil }
    func isOpen(_ id: ChannelID) -> Bool { states[id].map { $0 != .closing } ?? false }

    mutating func add(ours id: ChannelID) { states[id] = .ours }
    mutating func add(theirs id: ChannelID) { states[id] = .theirs }

    /// Nothing of it is told any more, but its end.
    mutating func close(_ id: ChannelID) { if states[id] != nil { states[id] = .closing } }

    /// It is over; false when it was none of these.
    mutating func forget(_ id: ChannelID) -> Bool { states.removeValue(forKey: id) != nil }
}
