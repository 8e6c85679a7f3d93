import NetPrimitives

/// A UDP datagram somewhere in the virtual internet.
struct VirtualDatagram {
    var source: TransportAddress
    var destination: TransportAddress
    var payload: [UInt8]
}
