import ScreenCodec

/// How alike two pictures look, by SSIM (Wang, Bovik, Sheikh, Simoncelli 2004) on luma.
enum StructuralSimilarity {
    /// The mean over windows of 8 × 8 pixels, four apart: 1 is the same, 0 has nothing in common.
    static func compare(_ a: Frame, _ b: Frame) -> Double {
        precondition(a.width == b.width && a.height == b.height && a.width >= 8 && a.height >= 8)
        let (x, y) = (luma(a), luma(b))
        var sum = 0.0
        var count = 0
        for top in stride(from: 0, through: a.height - 8, by: 4) {
            for left in stride(from: 0, through: a.width - 8, by: 4) {
                sum += window(x, y, at: top * a.width + left, stride: a.width)
                count += 1
            }
        }
        return sum / Double(count)
    }

    private static func window(_ x: [Int32], _ y: [Int32], at origin: Int, stride: Int) -> Double {
        var (sumX, sumY, sumXX, sumYY, sumXY): (Int32, Int32, Int32, Int32, Int32) = (0, 0, 0, 0, 0)
        for row in 0..<8 {
            for index in origin + row * stride..<origin + row * stride + 8 {
                sumX += x[index]
                sumY += y[index]
                sumXX += x[index] * x[index]
                sumYY += y[index] * y[index]
                sumXY += x[index] * y[index]
            }
        }
        let (meanX, meanY) = (Double(sumX) / 64, Double(sumY) / 64)
        let varianceX = Double(sumXX) / 64 - meanX * meanX
        let varianceY = Double(sumYY) / 64 - meanY * meanY
        let covariance = Double(sumXY) / 64 - meanX * meanY
        // (0.01 × 255)² and (0.03 × 255)², the constants of the paper.
        let (c1, c2) = (6.5025, 58.5225)
        return (2 * meanX * meanY + c1) * (2 * covariance + c2)
            / ((meanX * meanX + meanY * meanY + c1) * (varianceX + varianceY + c2))
    }

    private static func luma(_ frame: Frame) -> [Int32] {
        frame.withUnsafeBytes { bytes in
            (0..<frame.width * frame.height).map { index in
                let (blue, green, red) = (bytes[index * 4], bytes[index * 4 + 1], bytes[index * 4 + 2])
                return (Int32(red) * 299 + Int32(green) * 587 + Int32(blue) * 114 + 500) / 1_000
            }
        }
    }
}
