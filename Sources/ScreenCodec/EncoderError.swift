/// Why a picture could not be compressed.
public enum EncoderError: Error, Hashable, Sendable {
    /// Outside `PictureLimits`.
    case unsupportedSize(width: Int, height: Int)
    /// libvpx said no; `code` is its `vpx_codec_err_t`.
    case codec(code: UInt32)
}
