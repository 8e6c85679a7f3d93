import Glibc
import NetPrimitives
import Relay
import RelayService
import STUN
import Synchronization
import TURN
import Testing

/// A connected UDP socket on loopback: it hears answers from the address that it asked, and no others.
final class TestSocket {
    struct Failure: Error {}
    private let descriptor: Int32

    /// - Parameter server: an IPv4 address.
    init(connectedTo server: TransportAddress) throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = server.port.bigEndian
        guard case .v4(let bits) = server.ip else { throw Failure() }
        address.sin_addr.s_addr = bits.bigEndian
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure() }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, 0) }

    /// What arrives within `milliseconds`; nil when nothing does.
    func receive(milliseconds: Int32 = 5000) -> [UInt8]? {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, milliseconds) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count >= 0 ? Array(buffer.prefix(count)) : nil
    }
}

/// An allocation's client on a socket; each call goes on until the wanted event is there.
struct SocketClient {
    struct NoEvent: Error {}
    let socket: TestSocket
    var client: AllocationClient

    init(_ server: TransportAddress, password: String = "secret") throws {
        socket = try TestSocket(connectedTo: server)
        client = AllocationClient(
            server: server, transport: .udp, username: "alice", password: password, at: .zero)
    }

    mutating func flush() { while let bytes = client.nextTransmit() { socket.send(bytes) } }

    mutating func nextEvent() throws -> AllocationClient.Event {
        while true {
            flush()
            if let event = client.nextEvent() { return event }
            guard let bytes = socket.receive() else { throw NoEvent() }
            client.receive(bytes, at: .zero)
        }
    }

    mutating func allocate() throws -> TransportAddress {
        guard case .allocated(let relayed, _, _) = try nextEvent() else { throw NoEvent() }
        return relayed
    }

    mutating func waitUntilBound(to peer: TransportAddress) throws {
        client.bindChannel(to: peer, at: .zero)
        flush()
        while !client.isBound(to: peer) {
            guard let bytes = socket.receive() else { throw NoEvent() }
            client.receive(bytes, at: .zero)
        }
    }
}

/// A stream's client, whose messages a test waits for.
final class FakeConnection: ClientConnection {
    private struct State {
        var messages: [[UInt8]] = []
        /// How many messages each `flush` sent.
        var flushes: [Int] = []
        var written = 0
        var isClosed = false
    }
    private let state = Mutex(State())
    private let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation

    init() { (changes, changed) = AsyncStream.makeStream() }

    func write(_ message: [UInt8]) -> Bool {
        state.withLock {
            $0.messages.append(message)
            $0.written += 1
        }
        return true
    }

    func flush() -> (any StreamSender)? {
        state.withLock {
            $0.flushes.append($0.written)
            $0.written = 0
        }
        changed.yield()
        return nil
    }

    var flushes: [Int] { state.withLock { $0.flushes } }

    func close() {
        state.withLock { $0.isClosed = true }
        changed.yield()
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// The next message, when there is one.
    func nextMessage() async -> [UInt8]? {
        while true {
            let message = state.withLock { $0.messages.isEmpty ? nil : $0.messages.removeFirst() }
            if let message { return message }
            var iterator = changes.makeAsyncIterator()
            if isClosed { return nil }
            _ = await iterator.next()
        }
    }
}

func address(_ text: String) -> TransportAddress {
    guard let address = TransportAddress(text) else { preconditionFailure("not an address: \(text)") }
    return address
}

func startPlane(
    _ listeners: [DataPlaneConfiguration.Listener] = [.init(address("127.0.0.1:0"))], external: [IPAddress] = [],
    ports: ClosedRange<UInt16> = 49152...65535, workers: Int = 2, quotas: QuotaLedger.Limits = .init(),
    natDiscovery: Bool = false
) throws -> DataPlane {
    let loopback = try #require(CIDRBlock("127.0.0.0/8"))
    var configuration = DataPlaneConfiguration(
        listeners: listeners, externalAddresses: external, relayPorts: ports,
        relay: RelayConfiguration(
            realm: "ra-relay", users: UserDirectory(passwords: ["alice": "secret"]),
            peerPolicy: PeerPolicy(allow: [loopback])),
        quotas: quotas, workers: workers)
    configuration.natDiscovery = natDiscovery
    return try DataPlane.start(configuration)
}
