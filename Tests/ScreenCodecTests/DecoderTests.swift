import NetPrimitives
import ScreenCodec
import TestSupport
import Testing

@Suite struct DecoderTests {
    /// A key frame and the frame after it.
    static func frames() throws -> (key: [UInt8], inter: [UInt8]) {
        var picture = DesktopPicture(width: 97, height: 65)
        let encoder = Encoder()
        let key = try encoder.encode(picture.frame, damage: DamageRegion(picture.frame.bounds), at: .zero)
        picture.fill(Rectangle(x: 10, y: 10, width: 40, height: 30), 0x00FF00)
        let inter = try encoder.encode(
            picture.frame, damage: DamageRegion(picture.frame.bounds), at: .zero + .milliseconds(33))
        return (key[0].bytes, inter[0].bytes)
    }

    @Test("a frame before any key frame throws, and so does one after a broken one")
    func order() throws {
        let (key, inter) = try Self.frames()
        let decoder = Decoder()
        var shown = Frame(width: 1, height: 1)
        #expect(throws: DecoderError.keyFrameNeeded) { try decoder.decode(inter[...], into: &shown) }
        try decoder.decode(key[...], into: &shown)
        try decoder.decode(inter[...], into: &shown)
        #expect(!decoder.needsKeyFrame)
        #expect(throws: DecoderError.self) { try decoder.decode(inter[..<5], into: &shown) }
        #expect(decoder.needsKeyFrame)
        #expect(throws: DecoderError.keyFrameNeeded) { try decoder.decode(inter[...], into: &shown) }
        try decoder.decode(key[...], into: &shown)
        try decoder.decode(inter[...], into: &shown)
    }

    @Test("a key frame cut short anywhere throws or shows something, and never traps")
    func truncated() throws {
        let (key, inter) = try Self.frames()
        let decoder = Decoder()
        var shown = Frame(width: 1, height: 1)
        for count in 0..<key.count { try? decoder.decode(key[..<count], into: &shown) }
        for count in 0..<12 {
            #expect(throws: DecoderError.self) { try decoder.decode(key[..<count], into: &shown) }
        }
        for count in 0..<inter.count {
            try decoder.decode(key[...], into: &shown)
            try? decoder.decode(inter[..<count], into: &shown)
        }
    }

    @Test("garbage and damaged frames never trap", arguments: [1, 2, 3] as [UInt64])
    func garbage(_ seed: UInt64) throws {
        print("seed \(seed)")
        var random = SplitMix64(seed: seed)
        let (key, inter) = try Self.frames()
        let decoder = Decoder()
        var shown = Frame(width: 1, height: 1)
        for _ in 0..<500 {
            var bytes = (0..<Int.random(in: 0..<200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            try? decoder.decode(bytes[...], into: &shown)
            for source in [key, inter] {
                bytes = source
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                }
                try? decoder.decode(bytes[...], into: &shown)
            }
        }
        try decoder.decode(key[...], into: &shown)
        #expect((shown.width, shown.height) == (97, 65))
    }

    @Test("a key frame that claims more pixels than we hold is refused before libvpx sees it")
    func tooLarge() throws {
        // frame_marker 2, profile 0, key frame, shown; sync code; BT.709 studio; 65,536 × 65,536.
        let bytes: [UInt8] = [0x82, 0x49, 0x83, 0x42, 0x4F, 0xFF, 0xFF, 0xFF, 0xF0, 0, 0, 0, 0, 0]
        let decoder = Decoder()
        var shown = Frame(width: 1, height: 1)
        #expect(throws: DecoderError.unsupportedSize(width: 65_536, height: 65_536)) {
            try decoder.decode(bytes[...], into: &shown)
        }
    }

    @Test("frames that could change the size unseen are malformed", arguments: [
        [0x86, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],  // a frame with a size of its own
        [0x84, 0x80, 0x00, 0x00],  // a hidden frame
        [0x88, 0x00, 0x00],  // an earlier frame shown again
        [0xA2, 0x49, 0x83, 0x42, 0x20, 0x00, 0x00],  // profile 1
        [],
    ] as [[UInt8]])
    func malformed(_ bytes: [UInt8]) throws {
        let (key, _) = try Self.frames()
        let decoder = Decoder()
        var shown = Frame(width: 1, height: 1)
        try decoder.decode(key[...], into: &shown)
        #expect(throws: DecoderError.malformed) { try decoder.decode(bytes[...], into: &shown) }
    }

    @Test("a second frame behind the first is not decoded")
    func appended() throws {
        let (key, _) = try Self.frames()
        let larger = DesktopPicture(width: 300, height: 200).frame
        let appended = try Encoder().encode(larger, damage: DamageRegion(larger.bounds), at: .zero)
        let decoder = Decoder()
        var shown = Frame(width: 1, height: 1)
        try decoder.decode((key + appended[0].bytes)[...], into: &shown)
        #expect((shown.width, shown.height) == (97, 65))
    }
}
