import Relay

/// The destinations that lately refused trains: their device does not segment, or the datagrams do not fit its MTU.
///
/// 256 places, each with the destination that refused last; who shares a place with another one is asked again.
struct SegmentationRefusals: ~Copyable {
    /// A refusal is believed for so long: routes and devices change, and asking again costs one failed call. Nanoseconds.
    static let lifetime: Int64 = 60_000_000_000
    private static let size = 256

    private struct Refusal: BitwiseCopyable {
        var destination = PackedAddress.none
        /// Datagrams of so many bytes and more are not taken.
        var size = 0
        var until = Int64.min
    }

    private let refusals: UnsafeMutablePointer<Refusal>
    private var latestEnd = Int64.min

    init() {
        // unsafe: lives as long as this; every place is below `size`.
        refusals = .allocate(capacity: Self.size)
        refusals.initialize(repeating: Refusal(), count: Self.size)
    }

    deinit { refusals.deallocate() }

    func refuses(_ destination: PackedAddress, _ size: Int, at now: Int64) -> Bool {
        guard latestEnd > now else { return false }
        let refusal = refusals + Self.place(destination)
        return refusal.pointee.until > now && refusal.pointee.size <= size
            && refusal.pointee.destination == destination.with(port: 0)
    }

    /// - Parameter size: of the datagrams that were refused as a train, 0 when all are.
    mutating func note(_ destination: PackedAddress, _ size: Int, at now: Int64) {
        let refusal = refusals + Self.place(destination)
        let host = destination.with(port: 0)
        let isKnown = refusal.pointee.until > now && refusal.pointee.destination == host
        refusal.pointee = Refusal(
            destination: host, size: isKnown ? min(refusal.pointee.size, size) : size, until: now &+ Self.lifetime)
        latestEnd = now &+ Self.lifetime
    }

    /// The port does not matter: the device is the same.
    private static func place(_ destination: PackedAddress) -> Int {
        let bits = (destination.low ^ destination.high) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: bits >> 56)
    }
}
