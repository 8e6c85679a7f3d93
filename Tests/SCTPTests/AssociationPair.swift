import Glibc
import NetPrimitives
import SCTP
import TestSupport

/// Two associations with a link between them.
///
/// The link's time is virtual. usrsctp's is not, so when nothing flies the pair lets a little real time pass.
final class AssociationPair {
    let client: Association
    let server: Association
    var link: LossyLink
    var now = Instant.zero
    var clientEvents: [Association.Event] = []
    var serverEvents: [Association.Event] = []
    /// Called for each event, after it was noted.
    var onEvent: (AssociationPair, LossyLink.End, Association.Event) -> Void = { _, _, _ in }

    init(seed: UInt64 = 1, quality: LossyLink.Quality = .init(), configuration: Configuration = Configuration()) throws {
        client = try Association(role: .client, configuration: configuration, at: now)
        server = try Association(role: .server, configuration: configuration, at: now)
        link = LossyLink(seed: seed, quality: quality)
    }

    func drain() {
        while let event = client.nextEvent() {
            clientEvents.append(event)
            onEvent(self, .left, event)
        }
        while let event = server.nextEvent() {
            serverEvents.append(event)
            onEvent(self, .right, event)
        }
        while let packet = client.nextTransmit() { link.send(packet, to: .right, at: now) }
        while let packet = server.nextTransmit() { link.send(packet, to: .left, at: now) }
    }

    /// Goes on until `isDone`; false when both ends are over, or `limit` of real time passed first.
    @discardableResult
    func run(for limit: Duration = .seconds(60), until isDone: () -> Bool = { false }) -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            drain()
            if isDone() { return true }
            if link.nextArrival == nil { usleep(500) }
            guard let next = Optional.earliest(link.nextArrival, client.nextDeadline, server.nextDeadline) else { return false }
            now = max(now, next)
            for (end, packet) in link.arrivals(at: now) {
                switch end {
                case .left: client.receive(packet, at: now)
                case .right: server.receive(packet, at: now)
                }
            }
            if let deadline = client.nextDeadline, deadline <= now { client.handleTimeout(at: now) }
            if let deadline = server.nextDeadline, deadline <= now { server.handleTimeout(at: now) }
        }
        drain()
        return isDone()
    }

    func connect() -> Bool { run { clientEvents.contains(.connected) && serverEvents.contains(.connected) } }
}

extension [Association.Event] {
    var messages: [[UInt8]] { compactMap { if case .message(_, _, let bytes) = $0 { bytes } else { nil } } }
    var opened: [Channel] { compactMap { if case .channelOpened(let channel) = $0 { channel } else { nil } } }
    var failures: [Failure] { compactMap { if case .failed(let failure) = $0 { failure } else { nil } } }
}

/// Bytes that tell their place: a piece in the wrong one is seen.
func pattern(_ count: Int, salt: Int = 0) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        for index in 0..<count { buffer[index] = UInt8(truncatingIfNeeded: (index &+ salt) &* 2_654_435_761 >> 11) }
        filled = count
    }
}
