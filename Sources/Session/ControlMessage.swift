/// What the two machines say to each other on the reliable, ordered "control" data channel.
///
/// One message of the channel is one of these: a type byte and its fields in network byte order; a string is its length
/// in bytes (16 bits) and UTF-8. Bytes after the last field belong to a later version and are ignored.
public enum ControlMessage: Hashable, Sendable {
    /// `id` is the asker's; the answer repeats it.
    case request(id: UInt32, Capability, detail: String)
    case granted(id: UInt32, Capability)
    case denied(id: UInt32, Capability, by: Decider)
    case revoked(Capability, by: Decider)
    /// The helper gives a capability back, or takes back what it asked.
    case release(Capability)
    case paused
    case resumed
    case chat(String)
    case input(InputEvent)
    /// The decoder lost its way and needs a complete picture.
    case keyFrame
    /// The frame with this number has been shown.
    case acknowledge(frame: UInt32)
    case end(EndReason, detail: String)
    /// What the teller's rules leave; said once.
    case rules(SideRules)
    /// A request beyond view and control, by either side; answered with `granted` and `denied`.
    case ask(id: UInt32, SideRequest.Subject)
    /// The asker takes back what it asked, or ends what it was granted. `revoked` and `release` end all of a kind.
    case withdrawn(id: UInt32, Capability)

    /// A long paragraph of chat.
    public static let maximumChatBytes = 4096
    /// A sentence: what a request is about, why a session ended.
    public static let maximumDetailBytes = 512
    /// As long as names of files are.
    public static let maximumNameBytes = 255
    /// More than any message of this version, with room for a later one's fields.
    public static let maximumBytes = 8192

    /// Why bytes are not a message.
    public enum Malformed: Error, Hashable, Sendable {
        case truncated
        /// Longer than `maximumBytes`, or a string longer than its bound.
        case tooLong
        case notUTF8
        /// A number or text outside what its field may hold.
        case outOfRange
    }
}
