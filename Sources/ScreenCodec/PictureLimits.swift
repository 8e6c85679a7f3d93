/// The largest picture that is encoded or decoded.
public enum PictureLimits {
    /// Pixels along one side.
    public static let maximumSide = 16_384
    /// Pixels in all: twice an 8K screen. At 1.5 bytes each, libvpx keeps about ten of them.
    public static let maximumPixels = 1 << 26

    public static func allows(width: Int, height: Int) -> Bool {
        (1...maximumSide).contains(width) && (1...maximumSide).contains(height) && width * height <= maximumPixels
    }
}
