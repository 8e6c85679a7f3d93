import DTLS
import NetPrimitives
import TestSupport

/// Two endpoints with a link between them, in virtual time.
struct EndpointPair {
    let client: Endpoint
    let server: Endpoint
    var link: LossyLink
    var now = Instant.zero
    var clientEvents: [Endpoint.Event] = []
    var serverEvents: [Endpoint.Event] = []

    /// `clientExpects` and `serverExpects` replace what is right.
    init(
        seed: UInt64 = 1, quality: LossyLink.Quality = .init(), clientExpects: Fingerprint? = nil,
        serverExpects: Fingerprint? = nil, mtu: Int = 1200
    ) throws {
        let (left, right) = (try Identity(), try Identity())
        // OpenSSL's timer is the wall clock's; 16 ms is about the shortest that it does not take for "now".
        client = try Endpoint(
            role: .client, identity: left, expecting: clientExpects ?? right.fingerprint, mtu: mtu,
            firstRetransmission: .milliseconds(17))
        server = try Endpoint(
            role: .server, identity: right, expecting: serverExpects ?? left.fingerprint, mtu: mtu,
            firstRetransmission: .milliseconds(17))
        link = LossyLink(seed: seed, quality: quality)
        link.keepsTrace = true
    }

    mutating func drain() {
        while let event = client.nextEvent() { clientEvents.append(event) }
        while let event = server.nextEvent() { serverEvents.append(event) }
        while let datagram = client.nextTransmit() { link.send(datagram, to: .right, at: now) }
        while let datagram = server.nextTransmit() { link.send(datagram, to: .left, at: now) }
    }

    /// Goes on until `isDone`, or nothing is left to happen, or too many steps.
    mutating func run(steps: Int = 2_000_000, until isDone: (EndpointPair) -> Bool) -> Bool {
        client.start(at: now)
        server.start(at: now)
        for _ in 0..<steps {
            drain()
            if isDone(self) { return true }
            guard let next = Optional.earliest(link.nextArrival, client.nextDeadline, server.nextDeadline) else { return false }
            now = max(now, next)
            for (end, datagram) in link.arrivals(at: now) {
                switch end {
                case .left: client.receive(datagram, at: now)
                case .right: server.receive(datagram, at: now)
                }
                drain()
            }
            if let deadline = client.nextDeadline, deadline <= now { client.handleTimeout(at: now) }
            if let deadline = server.nextDeadline, deadline <= now { server.handleTimeout(at: now) }
        }
        return false
    }

    var bothConnected: Bool { clientEvents.first == .connected && serverEvents.first == .connected }
}
