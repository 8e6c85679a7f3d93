internal import CVPX

/// Decompresses what `Encoder` made. Anything else throws; nothing a peer sends traps.
///
/// Wraps C state: confined to the thread that drives it.
public final class Decoder {
    private let threads: Int
    /// Nil while a key frame is needed. A frame that libvpx refuses may leave its references in doubt and its buffers
    /// taken, so it begins anew after one.
    private var stream: (context: Context, width: Int, height: Int)?

    public init(threads: Int = 2) { self.threads = threads }

    /// Whether the next frame has to be a key frame.
    public var needsKeyFrame: Bool { stream == nil }

    /// Decompresses one VP9 frame into `frame`, which is replaced when its size differs.
    ///
    /// After an error the next frame has to be a key frame, and `frame` is as it was.
    public func decode(_ bytes: ArraySlice<UInt8>, into frame: inout Frame) throws(DecoderError) {
        let (before, header) = (stream, VP9FrameHeader(bytes))
        stream = nil
        guard let header else { throw .malformed }
        let next: (context: Context, width: Int, height: Int)
        switch header.kind {
        case .inter:
            guard let before else { throw .keyFrameNeeded }
            next = before
        case .key(let width, let height):
            guard PictureLimits.allows(width: width, height: height) else {
                throw .unsupportedSize(width: width, height: height)
            }
            if let context = before?.context {
                next = (context, width, height)
            } else {
                next = (try Context(threads: threads), width, height)
            }
        }
        try next.context.decode(bytes, width: next.width, height: next.height, into: &frame)
        stream = next
    }
}
