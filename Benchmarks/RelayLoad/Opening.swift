import CLinuxNet
import Glibc
import HostNetwork
import NetPrimitives
import TURN

/// What a client has got from the server under test: where its packets for the peer come out.
struct Opened {
    /// Connected to the server, from the client's address.
    let descriptor: Int32
    let relayed: TransportAddress
    /// In front of each packet; nil where the server is none of TURN.
    let channel: UInt16?
}

/// Opens one way through a server: an allocation with one channel, or a flow of the bare forwarder.
enum Opening {
    /// How long a server may take for all that one client asks.
    private static let patience = Duration.seconds(10)
    private static let bufferSize = 2048

    /// Allocates and binds a channel to the flow's peer, authenticated, over UDP.
    static func allocate(_ flow: Int, in scene: Scene) throws -> Opened {
        let descriptor = try LoadSocket.udp(bind: scene.client(flow), connect: scene.server)
        return try allocate(
            flow, in: scene, over: .udp, descriptor,
            send: { bytes in send(descriptor, bytes, bytes.count, 0) },
            receive: { buffer in recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT)) })
    }

    /// The same over a connection.
    static func allocate(_ flow: Int, in scene: Scene, over connection: StreamConnection) throws -> Opened {
        try allocate(
            flow, in: scene, over: .tcp, connection.descriptor,
            send: { bytes in
                try bytes.withUnsafeBufferPointer { bytes in
                    // unsafe: a request is not empty.
                    let taken = try connection.write(bytes.baseAddress!, bytes.count)
                    guard taken == bytes.count else { throw LoadError("connection \(flow) takes no request") }
                }
            },
            receive: { buffer in
                try buffer.withUnsafeMutableBufferPointer { buffer in
                    try connection.read(into: buffer.baseAddress!, buffer.count)
                }
            })
    }

    private static func allocate(
        _ flow: Int, in scene: Scene, over transport: TransportProtocol, _ descriptor: Int32,
        send: ([UInt8]) throws -> Void, receive: (inout [UInt8]) throws -> Int
    ) throws -> Opened {
        var client = AllocationClient(
            server: scene.server, transport: transport, username: scene.username, password: scene.password,
            at: MonotonicClock.now())
        let peer = scene.peer(flow)
        client.bindChannel(to: peer, at: MonotonicClock.now())
        let end = MonotonicClock.now() + patience
        var buffer = [UInt8](repeating: 0, count: bufferSize)
        while !client.isBound(to: peer) {
            while let bytes = client.nextTransmit() { try send(bytes) }
            LoadSocket.wait(descriptor, milliseconds: 100)
            let count = try receive(&buffer)
            let now = MonotonicClock.now()
            if count > 0 { client.receive(Array(buffer[..<count]), at: now) }
            client.handleTimeout(at: now)
            while let event = client.nextEvent() {
                if case .failed(let failure) = event { throw LoadError("allocation \(flow): \(failure)") }
            }
            if client.isFinished || now > end { throw LoadError("allocation \(flow): no channel") }
        }
        guard let relayed = client.relayed else { throw LoadError("allocation \(flow): no relayed address") }
        return Opened(descriptor: descriptor, relayed: relayed, channel: ChannelNumber.preferred.lowerBound)
    }

    /// Asks the bare forwarder for a flow.
    static func forward(_ flow: Int, in scene: Scene) throws -> Opened {
        let descriptor = try LoadSocket.udp(bind: scene.client(flow), connect: scene.server)
        let request = ForwarderMessage(scene.peer(flow)).bytes
        var buffer = [UInt8](repeating: 0, count: bufferSize)
        for _ in 0..<50 {
            send(descriptor, request, request.count, 0)
            LoadSocket.wait(descriptor, milliseconds: 100)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0, let answer = ForwarderMessage(buffer[..<count]) {
                return Opened(descriptor: descriptor, relayed: answer.address, channel: nil)
            }
        }
        throw LoadError("flow \(flow): the forwarder does not answer")
    }

    /// No server in between: what is measured is the generator and the network.
    static func direct(_ flow: Int, in scene: Scene) throws -> Opened {
        let descriptor = try LoadSocket.udp(bind: scene.client(flow), connect: scene.peer(flow))
        return Opened(descriptor: descriptor, relayed: scene.client(flow), channel: nil)
    }
}

/// What the generator and the bare forwarder say to each other before the load: an address.
/// As a request the peer to forward to, as its answer the address that the forwarder does it from.
struct ForwarderMessage {
    private static let mark: [UInt8] = Array("forward!".utf8)
    let address: TransportAddress

    init(_ address: TransportAddress) { self.address = address }

    /// nil for anything else.
    init?(_ bytes: some Collection<UInt8>) {
        let rest = bytes.dropFirst(Self.mark.count)
        guard bytes.starts(with: Self.mark), rest.count == 6, let ip = IPAddress(octets: rest.prefix(4)) else { return nil }
        address = TransportAddress(ip: ip, port: rest.suffix(2).reduce(0) { $0 << 8 | UInt16($1) })
    }

    var bytes: [UInt8] { Self.mark + address.ip.octets + [UInt8(address.port >> 8), UInt8(address.port & 0xFF)] }
}
