/// One compressed picture, ready to be sent behind a `FrameHeader`.
public struct EncodedFrame: Sendable {
    /// A VP9 frame.
    public var bytes: [UInt8]
    /// Pixels.
    public var width: Int
    public var height: Int
    /// What `FrameHeader.flags` says of it.
    public var flags: FrameHeader.Flags
}
