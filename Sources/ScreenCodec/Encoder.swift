internal import CVPX
public import NetPrimitives

/// Compresses a screen to VP9, profile 0, one picture at a time, and only when something changed.
///
/// A moving picture is kept within the target bitrate by a coarser quantizer. When nothing has changed for
/// a moment, the same picture is sent again with a fine one: text is readable at once and sharp soon after.
/// Wraps C state: confined to the thread that drives it.
public final class Encoder {
    public struct Configuration: Sendable {
        /// Bits per second.
        public var bitrate = 4_000_000
        public var threads = 2

        public init() {}
    }

    public private(set) var configuration: Configuration

    private var context: Context?
    private var keyFrameRequested = false
    private var start: Instant?
    private var lastTimestamp: Int64 = -1
    private var rest = RestState.sharp

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// When `encode` wants to be called next although nothing changed: to send the picture at rest in better quality.
    public var nextDeadline: Instant? {
        if case .waiting(let due, _) = rest { due } else { nil }
    }

    /// Whether the next call to `encode` makes a key frame.
    public var isKeyFrameDue: Bool { keyFrameRequested || context == nil }

    /// The next picture will need no earlier one: a new helper, or a picture that was lost.
    public func requestKeyFrame() { keyFrameRequested = true }

    /// Bits per second for a moving picture.
    public func setBitrate(_ bitrate: Int) {
        configuration.bitrate = bitrate
        context?.setBitrate(bitrate)
    }

    /// Compresses `frame`, of which only `damage` differs from the frame given before.
    ///
    /// Returns nothing when nothing changed, no key frame is due and the picture at rest needs no refinement.
    public func encode(
        _ frame: Frame, damage: DamageRegion, at now: Instant
    ) throws(EncoderError) -> [EncodedFrame] {
        guard PictureLimits.allows(width: frame.width, height: frame.height) else {
            throw .unsupportedSize(width: frame.width, height: frame.height)
        }
        if let context, context.width != frame.width || context.height != frame.height { self.context = nil }
        let isNew = context == nil
        let damage = isNew ? DamageRegion(frame.bounds) : damage.clipped(to: frame.bounds)
        let isKey = isKeyFrameDue

        let quality: Quality
        if !damage.isEmpty || isKey {
            quality = .moving
        } else if case .waiting(let due, let step) = rest, now >= due {
            quality = .resting(step)
        } else {
            return []
        }

        let context = try readyContext(for: frame)
        for rows in damage.rows { context.load(frame, rows: rows) }
        let bytes: [[UInt8]]
        do {
            bytes = try context.encode(quality, forceKey: isKey, timestamp: timestamp(at: now))
        } catch {
            // What changed is in no stream now: begin a new one.
            self.context = nil
            throw error
        }
        keyFrameRequested = false
        rest = rest.next(after: quality, at: now)
        var flags: FrameHeader.Flags = isKey ? .key : []
        if case .resting = quality { flags.insert(.refinement) }
        return bytes.map { EncodedFrame(bytes: $0, width: frame.width, height: frame.height, flags: flags) }
    }

    private func readyContext(for frame: Frame) throws(EncoderError) -> Context {
        if let context { return context }
        let made = try Context(width: frame.width, height: frame.height, configuration: configuration)
        context = made
        return made
    }

    /// Milliseconds since the first picture; libvpx wants every one to be later than the one before.
    private func timestamp(at now: Instant) -> Int64 {
        let origin = start ?? now
        start = origin
        lastTimestamp = max(lastTimestamp + 1, (now - origin).milliseconds)
        return lastTimestamp
    }
}
