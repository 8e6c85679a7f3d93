import CLinuxNet
import NetPrimitives
import Relay
import TURN

/// The per-packet path of a worker: receives, looks up, sends. What it has no route for it hands out, one by one, for
/// the machine.
///
/// Nothing here is allocated, retained or waits: `Tests/House/test_per_packet_path.py` looks at the machine code, for
/// which the functions that it begins with stay functions (`@inline(never)`).
struct Forwarder: ~Copyable {
    /// A listener's socket.
    struct Listener: BitwiseCopyable {
        var descriptor: Int32
        var address: PackedAddress
        /// Each datagram tells the address that it was sent to, and each answer names it.
        var isWildcard: Bool
    }

    /// A datagram for the machine.
    struct Datagram {
        /// unsafe: good until `recycle`.
        let bytes: UnsafeRawBufferPointer
        let remote: PackedAddress
        /// The address that was asked; `.none` on a relayed socket.
        let local: PackedAddress
    }

    /// The message that is being worked through.
    private struct Position: BitwiseCopyable {
        var bytes: UnsafeMutableRawPointer
        /// Of the datagrams but the last.
        var size = 0
        /// Bytes not worked through yet.
        var remaining = 0
        /// Whether nothing of it was: a message of no bytes is one datagram.
        var isFresh = false
        var remote = PackedAddress.none
        var local = PackedAddress.none
    }

    /// Datagrams of one direction, and their payloads' bytes, without TURN's headers.
    struct Count: BitwiseCopyable {
        private(set) var datagrams: UInt64 = 0
        private(set) var bytes: UInt64 = 0

        fileprivate mutating func add(_ count: Int) {
            datagrams &+= 1
            bytes &+= UInt64(truncatingIfNeeded: count)
        }
    }

    /// What was forwarded without the machine.
    private(set) var toPeers = Count()
    private(set) var toClients = Count()
    /// Datagrams that were more than a limit allows.
    private(set) var refused: UInt64 = 0
    var table: ForwardingTable
    var batch = SendBatch()
    /// For clients over TCP and TLS: the worker writes it, before it lets this recycle.
    var streams = StreamBatch()
    private let traffic: TrafficMeters
    private var ring = ReceiveRing()
    private var position: Position
    /// The message after it.
    private var nextMessage = 0

    /// - Parameter traffic: of the machine that makes the routes.
    init(traffic: TrafficMeters, using random: inout some RandomNumberGenerator) {
        self.traffic = traffic
        table = ForwardingTable(using: &random)
        position = Position(bytes: ring.bytes(of: 0))
    }

    // MARK: Receiving

    /// Whether `limit` messages may be received before a `recycle`.
    func hasRoom(for limit: Int) -> Bool { ring.room >= limit }

    /// Takes up to `limit` messages from a socket; how many. Call after everything before was worked through.
    @inline(never)
    mutating func receive(from descriptor: Int32, limit: Int) -> Int {
        nextMessage = ring.count
        position.remaining = 0
        position.isFresh = false
        return ring.receive(from: descriptor, limit: limit)
    }

    /// Sends everything and forgets what was received; `streams` were written.
    @inline(never)
    mutating func recycle(at now: Int64) {
        batch.flush(at: now)
        streams.clear()
        ring.clear()
        nextMessage = 0
    }

    // MARK: From clients

    /// Forwards what came to a listener, up to a datagram that is the machine's; nil when there is no more.
    @inline(never)
    mutating func forwardFromClients(_ listener: Listener, at now: Int64, _ counted: inout Int) -> Datagram? {
        while beginMessage(listener) {
            // A client's datagrams in one message are most often of one channel.
            var route: UnsafePointer<ForwardingRoute>?
            var channel: UInt16 = 0
            while position.remaining > 0 || position.isFresh {
                let (bytes, count) = takeDatagram()
                counted &+= 1
                guard count >= ChannelData.headerSize else { return datagram(bytes, count) }
                let header = UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))
                let number = UInt16(truncatingIfNeeded: header >> 16)
                let length = Int(header & 0xFFFF)
                if route == nil || number != channel {
                    // The two bits that tell ChannelData; a STUN message finds no route in any case.
                    guard number & 0xC000 == 0x4000 else { return datagram(bytes, count) }
                    route = table.route(fromClient: position.remote, to: position.local, channel: number, at: now)
                    channel = number
                }
                // What stands behind the length is padding (RFC 8656 §12.5).
                guard let route, length <= count &- ChannelData.headerSize else { return datagram(bytes, count) }
                guard traffic.admits(route.pointee.meter, bytes: length, at: now) else {
                    refused &+= 1
                    continue
                }
                toPeers.add(length)
                batch.add(
                    bytes + ChannelData.headerSize, count: length,
                    to: Outlet(destination: route.pointee.peer, source: .none, descriptor: route.pointee.peerDescriptor),
                    at: now)
            }
        }
        return nil
    }

    // MARK: From peers

    /// Forwards what came to a relayed port, up to a datagram that is the machine's; nil when there is no more.
    @inline(never)
    mutating func forwardFromPeers(_ port: UInt32, at now: Int64, _ counted: inout Int) -> Datagram? {
        while beginMessage() {
            let route = table.route(fromPeer: position.remote, on: port, at: now)
            while position.remaining > 0 || position.isFresh {
                let isFirst = position.isFresh
                let (bytes, count) = takeDatagram()
                counted &+= 1
                guard let route, count <= ChannelData.maximumLength else { return datagram(bytes, count) }
                guard traffic.admits(route.pointee.meter, bytes: count, at: now) else {
                    refused &+= 1
                    continue
                }
                toClients.add(count)
                if route.pointee.clientStream >= 0 {
                    streams.add(bytes, count: count, channel: route.pointee.channel, to: route.pointee.clientStream)
                    continue
                }
                let outlet = Outlet(
                    destination: route.pointee.client, source: route.pointee.namesSource ? route.pointee.server : .none,
                    descriptor: route.pointee.clientDescriptor)
                let header = (UInt32(route.pointee.channel) << 16 | UInt32(truncatingIfNeeded: count)).bigEndian
                if isFirst {
                    // In front of a message is room; in front of its other datagrams are the ones before.
                    let start = bytes - ChannelData.headerSize
                    start.storeBytes(of: header, as: UInt32.self)
                    batch.add(start, count: count &+ ChannelData.headerSize, to: outlet, at: now)
                } else {
                    batch.add(header: header, bytes, count: count, to: outlet, at: now)
                }
            }
        }
        return nil
    }

    // MARK: Datagrams of a message

    /// Goes to the next message if the present one is done; false when there is none.
    private mutating func beginMessage(_ listener: Listener? = nil) -> Bool {
        if position.remaining > 0 || position.isFresh { return true }
        guard nextMessage < ring.count else { return false }
        let (number, length) = (nextMessage, ring.length(of: nextMessage))
        nextMessage &+= 1
        let arrival = ring.arrival(of: number)
        position.bytes = ring.bytes(of: number)
        position.remaining = length
        position.isFresh = true
        position.size = arrival.segment == 0 ? length : Int(arrival.segment)
        position.remote = ring.remote(of: number)
        if let listener {
            position.local =
                listener.isWildcard && arrival.local.family != 0
                ? PackedAddress(arrival.local).with(port: listener.address.port) : listener.address
        } else {
            position.local = .none
        }
        return true
    }

    private mutating func takeDatagram() -> (UnsafeMutableRawPointer, Int) {
        let bytes = position.bytes
        let count = min(position.size, position.remaining)
        position.bytes += count
        position.remaining &-= count
        position.isFresh = false
        return (bytes, count)
    }

    private func datagram(_ bytes: UnsafeMutableRawPointer, _ count: Int) -> Datagram {
        Datagram(bytes: UnsafeRawBufferPointer(start: bytes, count: count), remote: position.remote, local: position.local)
    }
}
