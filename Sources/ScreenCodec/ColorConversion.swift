/// BGRX to planar Y′CbCr and back: BT.709, studio range, chroma halved in both directions.
///
/// The stream names this matrix, and browsers obey the name. Weights are in 1/256: the luma sum stays below 2¹⁶
/// (220 × 255 + 4,224), so eight pixels fit in one 128-bit register.
enum ColorConversion {
    /// Where the three planes lie. Chroma planes have half the width and height, rounded up.
    struct Planes {
        let y: UnsafeMutablePointer<UInt8>
        let u: UnsafeMutablePointer<UInt8>
        let v: UnsafeMutablePointer<UInt8>
        let yStride: Int
        let uStride: Int
        let vStride: Int
    }

    /// Converts `rows` of `frame`, widened to whole pairs of rows.
    static func convert(_ frame: Frame, rows: Range<Int>, to planes: Planes) {
        let first = max(0, rows.lowerBound) & ~1
        let end = min(frame.height, rows.upperBound)
        guard first < end, frame.width > 0 else { return }
        frame.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for row in Swift.stride(from: first, to: end, by: 2) {
                // The last row of an odd height stands in for the one below it.
                let below = min(row + 1, frame.height - 1)
                let upperPixels = base + row * frame.stride
                let lowerPixels = base + below * frame.stride
                luma(upperPixels, planes.y + row * planes.yStride, width: frame.width)
                if below != row { luma(lowerPixels, planes.y + below * planes.yStride, width: frame.width) }
                chroma(
                    upperPixels, lowerPixels, planes.u + row / 2 * planes.uStride, planes.v + row / 2 * planes.vStride,
                    width: frame.width)
            }
        }
    }

    /// Y = 16 + 0.1826 R + 0.6142 G + 0.0620 B.
    // Unsafe: `pixels` holds 4 × width bytes and `output` width bytes, both of rows inside their buffers.
    private static func luma(_ pixels: UnsafeRawPointer, _ output: UnsafeMutablePointer<UInt8>, width: Int) {
        for x in 0..<width {
            let pixel = UInt32(littleEndian: pixels.loadUnaligned(fromByteOffset: x &* 4, as: UInt32.self))
            let blue = UInt16(truncatingIfNeeded: pixel & 0xFF)
            let green = UInt16(truncatingIfNeeded: (pixel &>> 8) & 0xFF)
            let red = UInt16(truncatingIfNeeded: (pixel &>> 16) & 0xFF)
            output[x] = UInt8(truncatingIfNeeded: (red &* 47 &+ green &* 157 &+ blue &* 16 &+ 4_224) &>> 8)
        }
    }

    /// U = 128 − 0.1006 R − 0.3386 G + 0.4392 B, V = 128 + 0.4392 R − 0.3989 G − 0.0403 B, of the mean of four pixels.
    // Unsafe: both rows hold 4 × width bytes, and the outputs (width + 1) / 2 bytes.
    private static func chroma(
        _ upper: UnsafeRawPointer, _ lower: UnsafeRawPointer, _ u: UnsafeMutablePointer<UInt8>,
        _ v: UnsafeMutablePointer<UInt8>, width: Int
    ) {
        func convert(_ x: Int, _ upperRight: Int, _ column: Int) {
            let a = UInt32(littleEndian: upper.loadUnaligned(fromByteOffset: x, as: UInt32.self))
            let b = UInt32(littleEndian: upper.loadUnaligned(fromByteOffset: upperRight, as: UInt32.self))
            let c = UInt32(littleEndian: lower.loadUnaligned(fromByteOffset: x, as: UInt32.self))
            let d = UInt32(littleEndian: lower.loadUnaligned(fromByteOffset: upperRight, as: UInt32.self))
            // Blue and red are summed side by side in one word: four times 255 needs ten bits of their sixteen.
            let outer = (a & 0xFF00FF) &+ (b & 0xFF00FF) &+ (c & 0xFF00FF) &+ (d & 0xFF00FF)
            let middle = (a & 0xFF00) &+ (b & 0xFF00) &+ (c & 0xFF00) &+ (d & 0xFF00)
            let blue = Int32(truncatingIfNeeded: outer & 0xFFFF)
            let red = Int32(truncatingIfNeeded: outer &>> 16)
            let green = Int32(truncatingIfNeeded: middle &>> 8)
            // 131,584 = (128 × 256 + 128) × 4: the sums are of four pixels.
            u[column] = UInt8(truncatingIfNeeded: (131_584 &- 26 &* red &- 86 &* green &+ 112 &* blue) &>> 10)
            v[column] = UInt8(truncatingIfNeeded: (131_584 &+ 112 &* red &- 102 &* green &- 10 &* blue) &>> 10)
        }
        for column in 0..<width / 2 { convert(column &* 8, column &* 8 &+ 4, column) }
        if width % 2 == 1 { convert((width - 1) * 4, (width - 1) * 4, width / 2) }
    }

    /// The way back for the whole picture. The unused byte becomes 255, so that the bytes also read as opaque BGRA.
    static func convert(_ planes: Planes, to frame: inout Frame) {
        let (width, height, stride) = (frame.width, frame.height, frame.stride)
        frame.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for row in 0..<height {
                pixels(
                    planes.y + row * planes.yStride, planes.u + row / 2 * planes.uStride,
                    planes.v + row / 2 * planes.vStride, base + row * stride, width: width)
            }
        }
    }

    /// R = 1.1644 Y + 1.7927 V, G = 1.1644 Y − 0.2132 U − 0.5329 V, B = 1.1644 Y + 2.1124 U, weights in 1/8192.
    // Unsafe: `y` holds width bytes, `u` and `v` (width + 1) / 2, and `output` 4 × width.
    private static func pixels(
        _ y: UnsafePointer<UInt8>, _ u: UnsafePointer<UInt8>, _ v: UnsafePointer<UInt8>,
        _ output: UnsafeMutableRawPointer, width: Int
    ) {
        for column in 0..<width / 2 {
            let (cb, cr) = (Int32(u[column]) &- 128, Int32(v[column]) &- 128)
            let (red, green, blue) = (14_686 &* cr, -1_747 &* cb &- 4_366 &* cr, 17_305 &* cb)
            let left = pixel(y[column &* 2], red, green, blue)
            let right = pixel(y[column &* 2 &+ 1], red, green, blue)
            output.storeBytes(of: left.littleEndian, toByteOffset: column &* 8, as: UInt32.self)
            output.storeBytes(of: right.littleEndian, toByteOffset: column &* 8 &+ 4, as: UInt32.self)
        }
        if width % 2 == 1 {
            let (cb, cr) = (Int32(u[width / 2]) - 128, Int32(v[width / 2]) - 128)
            let last = pixel(y[width - 1], 14_686 * cr, -1_747 * cb - 4_366 * cr, 17_305 * cb)
            output.storeBytes(of: last.littleEndian, toByteOffset: (width - 1) * 4, as: UInt32.self)
        }
    }

    @inline(__always)
    private static func pixel(_ y: UInt8, _ red: Int32, _ green: Int32, _ blue: Int32) -> UInt32 {
        let luma = (Int32(y) &- 16) &* 9_539 &+ 4_096
        return channel(luma &+ red) &<< 16 | channel(luma &+ green) &<< 8 | channel(luma &+ blue) | 0xFF00_0000
    }

    @inline(__always)
    private static func channel(_ scaled: Int32) -> UInt32 {
        UInt32(truncatingIfNeeded: max(0, min(255, scaled &>> 13)))
    }
}
