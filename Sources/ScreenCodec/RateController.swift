public import NetPrimitives

/// Decides when the next picture may be encoded and how many bits it may cost, from what the other side acknowledged
/// and from what still waits to be sent.
///
/// Pure: the driver tells it what happened, and asks.
public struct RateController: Sendable {
    /// Pictures a second at most.
    public static let maximumFrameRate = 30
    /// Bits per second.
    public static let bitrates = 200_000...20_000_000
    /// Pictures sent and not acknowledged: enough for a path of a quarter second at the full frame rate.
    public static let maximumInFlight = 8
    /// Bytes that may wait in the transport while more than one picture is under way. More is only delay.
    public static let comfortableBacklog = 48 * 1_024

    /// Bits per second for the encoder.
    public private(set) var targetBitrate: Int

    private struct Sent {
        let sequence: UInt32
        let time: Instant
        let bytes: Int
    }

    /// Oldest first; at most `maximumInFlight`.
    private var inFlight: [Sent] = []
    private var lastEncoded: Instant?
    private var lastChange: Instant?
    /// About the shortest time a picture took to be acknowledged: the path without queues.
    private var baseDelay: Duration?

    public init(initialBitrate: Int = 4_000_000) {
        targetBitrate = initialBitrate
        setTarget(initialBitrate)
    }

    public var framesInFlight: Int { inFlight.count }

    /// The earliest time the frame rate allows the next picture; nil before the first one.
    public var nextDeadline: Instant? { lastEncoded.map { $0 + .nanoseconds(1_000_000_000 / Self.maximumFrameRate) } }

    /// Whether a picture may be captured and encoded now.
    /// - Parameter bufferedAmount: bytes the transport has taken and not yet sent.
    public func mayEncode(bufferedAmount: Int, at now: Instant) -> Bool {
        if let nextDeadline, now < nextDeadline { return false }
        return inFlight.count < (bufferedAmount > Self.comfortableBacklog ? 1 : Self.maximumInFlight)
    }

    /// A picture was handed to the transport. Sequence numbers count up and wrap.
    public mutating func frameSent(sequence: UInt32, bytes: Int, at now: Instant) {
        lastEncoded = now
        if inFlight.count >= Self.maximumInFlight { inFlight.removeFirst() }
        inFlight.append(Sent(sequence: sequence, time: now, bytes: bytes))
    }

    /// The other side has decoded this picture, and so every one before it. An unknown number changes nothing.
    public mutating func acknowledged(sequence: UInt32, at now: Instant) {
        guard let index = inFlight.firstIndex(where: { $0.sequence == sequence }) else { return }
        let sent = inFlight[index]
        inFlight.removeFirst(index + 1)
        adapt(to: now - sent.time, bytes: sent.bytes, at: now)
    }

    /// Another path carries the session from here on: what was measured no longer holds, and what is under way may be
    /// acknowledged late.
    public mutating func pathChanged() {
        baseDelay = nil
        lastChange = nil
    }

    /// A queue that builds up takes a quarter off; an idle path gives a twentieth, as long as the bits are used.
    private mutating func adapt(to delay: Duration, bytes: Int, at now: Instant) {
        // The base follows a path that became longer, by a sixty-fourth of the difference.
        let base = baseDelay.map { min(delay, $0 + (delay - $0) / 64) } ?? delay
        baseDelay = base
        let queueing = delay - base
        if queueing > .milliseconds(150) {
            guard mayChange(after: .milliseconds(500), at: now) else { return }
            setTarget(targetBitrate / 4 * 3)
            lastChange = now
        } else if queueing < .milliseconds(50), bytes * 8 * Self.maximumFrameRate >= targetBitrate / 2 {
            guard mayChange(after: .milliseconds(200), at: now) else { return }
            setTarget(targetBitrate / 20 * 21)
            lastChange = now
        }
    }

    private func mayChange(after pause: Duration, at now: Instant) -> Bool {
        lastChange.map { now >= $0 + pause } ?? true
    }

    private mutating func setTarget(_ bitrate: Int) {
        targetBitrate = min(max(bitrate, Self.bitrates.lowerBound), Self.bitrates.upperBound)
    }
}
