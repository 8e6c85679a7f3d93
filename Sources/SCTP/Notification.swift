import CUSRSCTP

/// What usrsctp tells of an association, of the kinds that this room asks for (RFC 6458 section 6.1).
enum Notification: Hashable, Sendable {
    /// SCTP_COMM_UP: how many streams we may send on, and the peer.
    case established(outboundStreams: UInt16, inboundStreams: UInt16)
    /// The peer began the orderly end and takes no more.
    case peerShutsDown
    /// SCTP_SHUTDOWN_COMP.
    case shutdownComplete
    /// SCTP_RESTART.
    case restarted
    /// SCTP_COMM_LOST or SCTP_CANT_STR_ASSOC; with the peer's word for it when it sent an ABORT.
    case lost(byPeer: Bool)
    /// The peer's halves of these streams are new again; none named means all.
    case incomingReset([UInt16])
    /// Our halves of these streams are.
    case outgoingReset([UInt16])
    /// The peer refused to reset our halves.
    case resetRefused([UInt16])
    /// Everything handed over has been sent and acknowledged, or given up.
    case senderDry
    case other

    /// Reads the C structure that usrsctp wrote, in host byte order.
    init(_ bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { Self.parse($0) }
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> Notification {
        guard bytes.count >= 8 else { return .other }
        switch Int32(bytes.loadUnaligned(as: UInt16.self)) {
        case SCTP_ASSOC_CHANGE:
            guard bytes.count >= MemoryLayout<sctp_assoc_change>.size else { return .other }
            let change = bytes.loadUnaligned(as: sctp_assoc_change.self)
            switch Int32(change.sac_state) {
            case SCTP_COMM_UP:
                return .established(outboundStreams: change.sac_outbound_streams, inboundStreams: change.sac_inbound_streams)
            case SCTP_SHUTDOWN_COMP: return .shutdownComplete
            case SCTP_RESTART: return .restarted
            case SCTP_COMM_LOST, SCTP_CANT_STR_ASSOC:
                // The peer's ABORT chunk follows, when there was one; nothing of ours aborts but `close`.
                return .lost(byPeer: bytes.count > MemoryLayout<sctp_assoc_change>.size)
            default: return .other
            }
        case SCTP_STREAM_RESET_EVENT:
            let header = MemoryLayout<sctp_stream_reset_event>.size
            guard bytes.count >= header else { return .other }
            let flags = Int32(bytes.loadUnaligned(as: sctp_stream_reset_event.self).strreset_flags)
            let streams = stride(from: header, to: bytes.count - 1, by: 2).map {
                bytes.loadUnaligned(fromByteOffset: $0, as: UInt16.self)
            }
            if flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED) != 0 { return .resetRefused(streams) }
            return flags & SCTP_STREAM_RESET_INCOMING_SSN != 0 ? .incomingReset(streams) : .outgoingReset(streams)
        case SCTP_SHUTDOWN_EVENT: return .peerShutsDown
        case SCTP_SENDER_DRY_EVENT: return .senderDry
        default: return .other
        }
    }
}
