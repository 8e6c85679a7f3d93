import CLinuxNet
import COpenSSL
import Glibc
import NetPrimitives

/// A client's connection to the server: TCP, or TLS over it.
final class StreamConnection {
    /// How long a server may take for the handshake, in milliseconds.
    private static let patience: Int32 = 10_000

    let descriptor: Int32
    private let ssl: OpaquePointer?
    /// What the kernel did not take yet, in `waiting[sent..<end]`.
    private let waiting = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    private var sent = 0
    private var end = 0
    private static let capacity = 1 << 16

    init(from client: TransportAddress, to server: TransportAddress, context: OpaquePointer?) throws {
        descriptor = try LoadSocket.tcp(bind: client, connect: server)
        guard let context else {
            ssl = nil
            return
        }
        ssl = SSL_new(context)
        guard SSL_set_fd(ssl, descriptor) == 1 else { throw LoadError("TLS: no memory") }
        while case let result = SSL_connect(ssl), result != 1 {
            var watched = pollfd(fd: descriptor, events: 0, revents: 0)
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_READ: watched.events = Int16(POLLIN)
            case SSL_ERROR_WANT_WRITE: watched.events = Int16(POLLOUT)
            default: throw LoadError("TLS: the handshake failed")
            }
            guard poll(&watched, 1, Self.patience) > 0 else { throw LoadError("TLS: the handshake takes too long") }
        }
    }

    deinit {
        SSL_free(ssl)
        close(descriptor)
        waiting.deallocate()
    }

    /// For all connections: the cipher that is the same for every server, in TLS 1.3 or 1.2 (coturn 4.6.1 knows no other),
    /// and no proof of the certificate.
    static func context() throws -> OpaquePointer {
        guard let context = SSL_CTX_new(TLS_client_method()),
            SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1,
            SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-GCM-SHA256") == 1
        else { throw LoadError("TLS: no context") }
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        SSL_CTX_ctrl(
            context, SSL_CTRL_MODE, Int(SSL_MODE_ENABLE_PARTIAL_WRITE) | Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER), nil)
        return context
    }

    // MARK: Bytes

    /// Whether all that was written is on its way; sends more of the rest.
    func flush() throws -> Bool {
        while sent < end {
            let taken = try give(waiting + sent, end - sent)
            guard taken > 0 else { return false }
            sent += taken
        }
        sent = 0
        end = 0
        return true
    }

    /// Sends bytes, or keeps what the kernel does not take; how many of them were taken or kept. After `flush` all.
    func write(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws -> Int {
        guard sent == end, count <= Self.capacity else { return 0 }
        var taken = 0
        while taken < count {
            let more = try give(bytes + taken, count - taken)
            guard more > 0 else { break }
            taken += more
        }
        (waiting).update(from: bytes + taken, count: count - taken)
        sent = 0
        end = count - taken
        return count
    }

    /// The number of bytes read, 0 when there are none.
    func read(into bytes: UnsafeMutablePointer<UInt8>, _ capacity: Int) throws -> Int {
        if let ssl {
            let count = SSL_read(ssl, bytes, Int32(capacity))
            if count > 0 { return Int(count) }
            try expectPatience(ssl, count)
            return 0
        }
        let count = recv(descriptor, bytes, capacity, Int32(MSG_DONTWAIT))
        if count > 0 { return count }
        guard count < 0, errno == EAGAIN else { throw LoadError("the server closed a connection") }
        return 0
    }

    private func give(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws -> Int {
        if let ssl {
            let taken = SSL_write(ssl, bytes, Int32(count))
            if taken > 0 { return Int(taken) }
            try expectPatience(ssl, taken)
            return 0
        }
        let taken = send(descriptor, bytes, count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        if taken >= 0 { return taken }
        guard errno == EAGAIN else { throw LoadError("the server closed a connection") }
        return 0
    }

    private func expectPatience(_ ssl: OpaquePointer, _ result: Int32) throws {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return
        default: throw LoadError("TLS: the server closed a connection")
        }
    }
}
