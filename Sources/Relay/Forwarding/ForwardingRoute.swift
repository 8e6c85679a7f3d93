public import NetPrimitives
public import TURN

/// One channel of a client, both ways, as a data plane needs it to forward without asking the machine.
///
/// It exists while channel, permission and peer policy agree; whatever is special (DTLS, peers at our own address,
/// permissions without a channel) has none and goes the machine's way.
public struct ForwardingRoute: Hashable, Sendable, BitwiseCopyable {
    /// As `PackedAddress(clientOf:)` makes it.
    public let client: PackedAddress
    /// The address that the client asked: answers leave from it.
    public let server: PackedAddress
    public let peer: PackedAddress
    /// Until when the client's ChannelData goes to the peer: the earlier end of allocation and channel. Nanoseconds.
    public let endOfSending: Int64
    /// Until when what the peer sends is ChannelData for the client: the permission counts as well. Nanoseconds.
    public let endOfReceiving: Int64
    /// `RelayedPort.rawValue`.
    public let port: UInt32
    /// The allocation's, in the machine's `TrafficMeters`.
    public let meter: TrafficMeter
    /// `ChannelNumber.rawValue`.
    public let channel: UInt16
    /// The driver's: the descriptors that reach the peer and a UDP client. The machine knows none.
    public var peerDescriptor: Int32 = -1
    public var clientDescriptor: Int32 = -1
    /// The driver's: the number of a TCP or TLS client's stream, -1 for a UDP client.
    public var clientStream: Int32 = -1
    /// The driver's: whether the client's socket has many addresses, so that one must be named when it sends.
    public var namesSource = false

    init(
        client: FiveTuple, peer: TransportAddress, port: RelayedPort, channel: ChannelNumber, meter: TrafficMeter,
        endOfSending: Instant, endOfReceiving: Instant
    ) {
        self.client = PackedAddress(clientOf: client)
        server = PackedAddress(client.server)
        self.peer = PackedAddress(peer)
        self.endOfSending = endOfSending.nanoseconds
        self.endOfReceiving = endOfReceiving.nanoseconds
        self.port = UInt32(truncatingIfNeeded: port.rawValue)
        self.channel = channel.rawValue
        self.meter = meter
    }

    /// What stands in a table's unused places: no channel is 0.
    static let unused = ForwardingRoute()

    private init() {
        (client, server, peer) = (.none, .none, .none)
        (endOfSending, endOfReceiving, port, channel, meter) = (.min, .min, 0, 0, .none)
    }
}

/// What a machine's driver has to do to its forwarding table, in order.
public enum ForwardingChange: Hashable, Sendable {
    /// Takes the place of a route with the same client and channel, or the same port and peer.
    case set(ForwardingRoute)
    case remove(FiveTuple, ChannelNumber)
}
