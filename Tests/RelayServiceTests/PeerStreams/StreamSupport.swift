import Glibc
import Logging
import NetPrimitives
import RelayService
import STUN
import TURN
import Testing

/// A blocking TCP socket on IPv4; nothing waits longer than five seconds.
final class StreamSocket {
    struct Failure: Error { let code = errno }
    let descriptor: Int32

    init(descriptor: Int32) throws {
        guard descriptor >= 0 else { throw Failure() }
        self.descriptor = descriptor
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    }

    convenience init(to remote: TransportAddress) throws {
        try self.init(descriptor: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        guard Self.with(remote, { connect(descriptor, $0, $1) }) == 0 else { throw Failure() }
    }

    convenience init(listeningAt local: TransportAddress) throws {
        try self.init(descriptor: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        guard Self.with(local, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 16) == 0 else { throw Failure() }
    }

    deinit { close(descriptor) }

    /// `sockaddr_in` by its bytes: which C module the structure itself comes from depends on who else is imported.
    private static func with(_ address: TransportAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var name = Name()
        if case .v4(let bits) = address.ip { name.ip = bits.bigEndian }
        name.port = address.port.bigEndian
        return withUnsafePointer(to: name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Name>.size)) }
        }
    }

    private struct Name {
        var family = UInt16(AF_INET)
        var port: UInt16 = 0
        var ip: UInt32 = 0
        var padding: UInt64 = 0
    }

    var address: TransportAddress {
        var name = Name()
        var size = socklen_t(MemoryLayout<Name>.size)
        withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &size) }
        }
        return TransportAddress(ip: .v4(UInt32(bigEndian: name.ip)), port: UInt16(bigEndian: name.port))
    }

    func accepted() throws -> StreamSocket { try StreamSocket(descriptor: accept(descriptor, nil, nil)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Failure() }
            rest = rest.dropFirst(count)
        }
    }

    /// Exactly so many bytes; fewer when the other side has ended.
    func receive(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var buffer = [UInt8](repeating: 0, count: min(65_536, count - bytes.count))
            let received = recv(descriptor, &buffer, buffer.count, 0)
            if received < 0 && errno == ECONNRESET { return bytes }
            guard received >= 0 else { throw Failure() }
            if received == 0 { return bytes }
            bytes += buffer.prefix(received)
        }
        return bytes
    }

    func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Sends one pattern over and over until nothing is taken for a while; how many bytes were.
    func flood(_ pattern: [UInt8]) -> Int {
        var sent = 0
        while true {
            var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&poller, 1, 500) == 1 else { return sent }
            let offset = sent % pattern.count
            let count = pattern[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return sent }
            sent += count
        }
    }
}

/// A TURN client on a stream, whose requests a test writes by hand.
final class StreamClient {
    let socket: StreamSocket
    private var nonce = ""
    private var framer = StreamFramer()
    private var random = SystemRandomNumberGenerator()

    init(_ server: TransportAddress) throws { socket = try StreamSocket(to: server) }

    private var key: IntegrityKey { .longTerm(username: "alice", realm: "ra-relay", password: "secret") }

    func nextMessage() throws -> Message {
        while true {
            if let bytes = try framer.nextMessage() { return try Message(decoding: bytes) }
            // One byte at a time: what follows a ConnectionBind's answer is no message.
            let byte = try socket.receive(1)
            guard !byte.isEmpty else { throw StreamSocket.Failure() }
            framer.append(byte)
        }
    }

    /// Asks, and after a challenge again.
    func ask(_ method: STUN.Method, _ attributes: [any Attribute]) throws -> Message {
        while true {
            var builder = MessageBuilder(.request, method, transactionID: TransactionID(using: &random))
            for attribute in attributes { builder.add(attribute) }
            builder.add(Username("alice"))
            builder.add(Realm("ra-relay"))
            builder.add(Nonce(nonce))
            try socket.send(builder.finish(key: key))
            let answer = try nextMessage()
            guard let fresh = answer[Nonce.self]?.text, fresh != nonce else { return answer }
            nonce = fresh
        }
    }

    func allocate() throws -> TransportAddress {
        let answer = try ask(.allocate, [RequestedTransport(.tcp)])
        return try #require(answer[XORRelayedAddress.self]?.address, "\(String(describing: answer[ErrorCode.self]))")
    }

    func connect(to peer: TransportAddress) throws -> ConnectionID {
        try #require(try ask(.connect, [XORPeerAddress(peer)])[ConnectionID.self])
    }
}

/// A whole relay on loopback.
struct TestRelay {
    let server: RelayServer
    let address: TransportAddress

    init(_ change: (inout ServeConfiguration) -> Void = { _ in }) async throws {
        var configuration = ServeConfiguration()
        configuration.listen = [.loopbackV4]
        // A port that was free a moment ago.
        let port = try StreamSocket(listeningAt: TransportAddress(ip: .loopbackV4, port: 0)).address.port
        configuration.port = port
        configuration.alsoListen = []
        configuration.realm = "ra-relay"
        configuration.users = [.init(name: "alice", password: "secret")]
        configuration.allowPeers = [try #require(CIDRBlock("127.0.0.0/8"))]
        var template = Array("/tmp/ra-relay-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw StreamSocket.Failure() }
        configuration.stateDirectory = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
        configuration.workers = 3
        change(&configuration)
        server = try await RelayServer.start(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        address = TransportAddress(ip: .loopbackV4, port: port)
    }
}
