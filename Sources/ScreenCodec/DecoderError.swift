/// Why a compressed picture was refused.
public enum DecoderError: Error, Hashable, Sendable {
    /// The front of the frame is no VP9 that `Encoder` writes: cut short, reserved bits, another profile.
    case malformed
    /// Outside `PictureLimits`.
    case unsupportedSize(width: Int, height: Int)
    /// The frame leans on a picture that never came or was broken: ask for a key frame.
    case keyFrameNeeded
    /// libvpx refused what stands behind the front; `code` is its `vpx_codec_err_t`. A key frame is needed.
    case codec(code: UInt32)
}
