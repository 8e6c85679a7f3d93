/// A message that waits to be handed to usrsctp, whole or in part.
struct OutgoingMessage {
    let identifier: PayloadProtocol
    let ordered: Bool
    let reliability: Channel.Reliability
    /// What usrsctp has not taken yet.
    var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8], as identifier: PayloadProtocol, ordered: Bool, reliability: Channel.Reliability) {
        self.identifier = identifier
        self.ordered = ordered
        self.reliability = reliability
        // SCTP carries no empty message; its identifier says that this byte is none (RFC 8831 section 6.6).
        rest = bytes.isEmpty ? [0] : bytes[...]
    }

    /// The message less what usrsctp has taken.
    func dropping(_ count: Int) -> OutgoingMessage {
        var message = self
        message.rest = rest.dropFirst(count)
        return message
    }

    /// DCEP's own messages are reliable and ordered, whatever the channel is (RFC 8832 section 6).
    init(_ message: ControlMessage) {
        self.init(message.bytes, as: .control, ordered: true, reliability: .reliable)
    }
}
