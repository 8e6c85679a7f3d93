import CLinuxNet
import NetPrimitives

/// What a socket gave.
enum Arrival {
    case datagram([UInt8], source: TransportAddress)
    /// The router says that nobody listens there.
    case refused
    case nothing

    /// One word more than a PCP message may have: what fills it is too long, and is seen to be.
    private static let room = PCPFormat.maximumCount + 4

    init(from descriptor: Int32) {
        var bytes = [UInt8](repeating: 0, count: Self.room)
        var source = ra_address()
        switch ra_receive_from(descriptor, &bytes, bytes.count, &source) {
        case -2: self = .refused
        case ..<0: self = .nothing
        case let count:
            guard let source = TransportAddress(source) else {
                self = .nothing
                return
            }
            self = .datagram(Array(bytes.prefix(count)), source: source)
        }
    }
}
