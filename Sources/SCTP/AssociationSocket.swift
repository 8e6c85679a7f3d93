import CUSRSCTP

/// One association's socket in usrsctp: options, bytes in and out, each call under the stack's lock.
final class AssociationSocket {
    /// Both ends' port, of which WebRTC has only one (RFC 8841 section 5 makes it a default).
    private static let port: UInt16 = 5000

    /// What `receive()` took out.
    enum Received: Sendable {
        /// A part of a message, or all of it.
        case message(bytes: [UInt8], stream: UInt16, protocolIdentifier: UInt32, isComplete: Bool)
        case notification(Notification)
        /// Nothing now.
        case nothing
    }

    enum Sent: Sendable {
        case bytes(Int)
        case wouldBlock
        case failed(Int32)
    }

    private let address: Stack.Address
    private var socket: Stack.Socket?
    /// Where received bytes go first; larger messages come in several parts.
    private var scratch = [UInt8](repeating: 0, count: 65_536)

    init(configuration: Configuration) throws(Failure) {
        let address = Stack.takeAddress()
        self.address = address
        Stack.runTimers()  // so that the first timer of this association counts from now
        let (opened, code) = Stack.locked { () -> (Stack.Socket?, Int32) in
            guard let pointer = ra_sctp_socket() else { return (nil, ra_sctp_errno()) }
            let socket = Stack.Socket(pointer: pointer)
            guard socket.configure(configuration), ra_sctp_bind(pointer, address.onPort(Self.port)) == 0 else {
                let code = ra_sctp_errno()
                usrsctp_close(pointer)
                return (nil, code)
            }
            // Emits the INIT. The peer does the same at the same time; RFC 9260 section 5.2.1 makes one of the two.
            if ra_sctp_connect(pointer, address.onPort(Self.port)) != 0, ra_sctp_errno() != EINPROGRESS {
                let code = ra_sctp_errno()
                usrsctp_close(pointer)
                return (nil, code)
            }
            return (socket, 0)
        }
        guard let opened else {
            Stack.release(address)
            throw .library(code)
        }
        socket = opened
    }

    deinit {
        close()
        Stack.release(address)
    }

    /// Frees the socket; an association that still lives sends an ABORT. Packets emitted so far can still be taken.
    func close() {
        guard let socket else { return }
        self.socket = nil
        Stack.locked { usrsctp_close(socket.pointer) }
    }

    func takePackets() -> [[UInt8]] { Stack.takePackets(of: address) }

    func input(_ packet: [UInt8]) {
        Stack.locked { usrsctp_conninput(address.pointer, packet, packet.count, 0) }
    }

    /// Hands over a part of a message; `isLast` ends the message, if all of the part is taken.
    func send(
        _ bytes: ArraySlice<UInt8>, as message: OutgoingMessage, on stream: UInt16, isLast: Bool
    ) -> Sent {
        guard let socket else { return .failed(ENOTCONN) }
        var how = sctp_sendv_spa()
        how.sendv_flags = UInt32(SCTP_SEND_SNDINFO_VALID)
        how.sendv_sndinfo.snd_sid = stream
        how.sendv_sndinfo.snd_ppid = message.identifier.rawValue.bigEndian
        how.sendv_sndinfo.snd_flags = UInt16((isLast ? SCTP_EOR : 0) | (message.ordered ? 0 : SCTP_UNORDERED))
        switch message.reliability {
        case .reliable: break
        case .retransmissions(let count):
            how.sendv_flags |= UInt32(SCTP_SEND_PRINFO_VALID)
            how.sendv_prinfo.pr_policy = UInt16(SCTP_PR_SCTP_RTX)
            how.sendv_prinfo.pr_value = count
        case .milliseconds(let lifetime):
            how.sendv_flags |= UInt32(SCTP_SEND_PRINFO_VALID)
            how.sendv_prinfo.pr_policy = UInt16(SCTP_PR_SCTP_TTL)
            how.sendv_prinfo.pr_value = lifetime
        }
        return Stack.locked { [how] () -> Sent in
            var how = how
            let count = bytes.withUnsafeBytes { ra_sctp_send(socket.pointer, $0.baseAddress, $0.count, &how) }
            if count >= 0 { return .bytes(count) }
            let code = ra_sctp_errno()
            switch code {
            // ENOTCONN, EPIPE, ECONNRESET: over, and a notification says how.
            case EWOULDBLOCK, ENOTCONN, EPIPE, ECONNRESET: return .wouldBlock
            default: return .failed(code)
            }
        }
    }

    func receive() -> Received {
        guard let socket else { return .nothing }
        return Stack.locked { () -> Received in
            var info = sctp_rcvinfo()
            var flags: Int32 = 0
            var count = ra_sctp_receive(socket.pointer, &scratch, scratch.count, &info, &flags)
            // An error hides what is queued behind it, once: the notification that explains it.
            if count < 0, ra_sctp_errno() != EWOULDBLOCK {
                count = ra_sctp_receive(socket.pointer, &scratch, scratch.count, &info, &flags)
            }
            guard count > 0 else { return .nothing }
            let bytes = Array(scratch.prefix(count))
            if flags & MSG_NOTIFICATION != 0 { return .notification(Notification(bytes)) }
            return .message(
                bytes: bytes, stream: info.rcv_sid, protocolIdentifier: UInt32(bigEndian: info.rcv_ppid),
                isComplete: flags & Int32(MSG_EOR) != 0)
        }
    }

    /// What became of a request to reset our half of a stream.
    enum Reset: Sendable {
        case requested
        /// Another one is on its way: ask again later.
        case busy
        /// The peer cannot, or the association is over.
        case impossible
    }

    func resetOutgoing(_ stream: UInt16) -> Reset {
        guard let socket else { return .impossible }
        return Stack.locked { () -> Reset in
            if ra_sctp_reset_outgoing(socket.pointer, stream) == 0 { return .requested }
            let code = ra_sctp_errno()
            return code == EALREADY || code == EAGAIN || code == ENOMEM ? .busy : .impossible
        }
    }

    /// Whether usrsctp still holds messages of which a part has not been sent.
    var hasUnsentMessages: Bool {
        guard let socket else { return false }
        return Stack.locked { () -> Bool in
            var status = sctp_status()
            var length = socklen_t(MemoryLayout<sctp_status>.size)
            return ra_sctp_get(socket.pointer, SCTP_STATUS, &status, &length) == 0 && status.sstat_penddata > 0
        }
    }

    /// Begins the orderly end: what has been handed over is still delivered.
    func shutdown() {
        guard let socket else { return }
        Stack.locked { _ = usrsctp_shutdown(socket.pointer, Int32(SHUT_WR)) }
    }
}
