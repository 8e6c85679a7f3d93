/// A picture in memory: rows from top to bottom, four bytes a pixel in the order blue, green, red, unused.
///
/// That is what an X server with a 24-bit screen hands out on a little-endian machine.
public struct Frame: Sendable, Hashable {
    /// Pixels.
    public let width: Int
    public let height: Int
    /// `stride × height` bytes.
    public private(set) var pixels: [UInt8]

    /// Bytes from one row to the next.
    public var stride: Int { width * 4 }
    public var bounds: Rectangle { Rectangle(x: 0, y: 0, width: width, height: height) }

    /// A black picture.
    public init(width: Int, height: Int) {
        precondition(width >= 0 && height >= 0 && width <= 65_535 && height <= 65_535, "sides are 16-bit numbers")
        self.width = width
        self.height = height
        pixels = [UInt8](repeating: 0, count: width * height * 4)
    }

    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let outcome: Swift.Result<Result, Failure> = pixels.withUnsafeBytes { bytes in
            do throws(Failure) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    public mutating func withUnsafeMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let outcome: Swift.Result<Result, Failure> = pixels.withUnsafeMutableBytes { bytes in
            do throws(Failure) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    /// The pixel at a place inside the picture as `0xRRGGBB`.
    public subscript(x: Int, y: Int) -> UInt32 {
        get {
            precondition(x >= 0 && x < width && y >= 0 && y < height)
            let offset = y * stride + x * 4
            return UInt32(pixels[offset + 2]) << 16 | UInt32(pixels[offset + 1]) << 8 | UInt32(pixels[offset])
        }
        set {
            precondition(x >= 0 && x < width && y >= 0 && y < height)
            let offset = y * stride + x * 4
            pixels[offset] = UInt8(truncatingIfNeeded: newValue)
            pixels[offset + 1] = UInt8(truncatingIfNeeded: newValue >> 8)
            pixels[offset + 2] = UInt8(truncatingIfNeeded: newValue >> 16)
        }
    }
}
