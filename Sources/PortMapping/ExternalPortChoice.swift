/// Which port of the router to ask for: ours first, then others by chance until one is free.
package struct ExternalPortChoice: Hashable, Sendable {
    /// A router that refuses eight ports refuses all of them.
    package static let attempts = 8
    /// IANA's dynamic ports (RFC 6335 §6): nobody has set up a service there by hand.
    package static let dynamicPorts: ClosedRange<UInt16> = 49152...65535

    /// The port to ask for now.
    package private(set) var port: UInt16
    private var left = Self.attempts - 1

    package init(preferred: UInt16) { port = preferred }

    /// The next one to try; nil when it is time to give up.
    package mutating func next(using random: inout any RandomNumberGenerator & Sendable) -> UInt16? {
        guard left > 0 else { return nil }
        left -= 1
        let refused = port
        repeat { port = UInt16.random(in: Self.dynamicPorts, using: &random) } while port == refused
        return port
    }
}
