import NetPrimitives
import ScreenCodec
import Testing

@Suite struct CodecTests {
    static let sizes = [(640, 480), (1_367, 767), (101, 57), (8, 8), (1_280, 33)]

    @Test("the first picture is a key frame that shows what was captured", arguments: sizes)
    func keyFrame(_ width: Int, _ height: Int) throws {
        let picture = DesktopPicture(width: width, height: height).frame
        let stream = Stream()
        let sent = try stream.send(picture, damage: DamageRegion(picture.bounds))
        #expect(sent.map(\.flags) == [.key])
        #expect(StructuralSimilarity.compare(picture, stream.shown) >= 0.95)
    }

    @Test("saturated colors come through", arguments: [0xFF0000, 0x00FF00, 0x0000FF, 0xFFFFFF, 0x000000, 0x808080] as [UInt32])
    func colors(_ color: UInt32) throws {
        var picture = DesktopPicture(width: 65, height: 33)
        picture.fill(picture.frame.bounds, color)
        let stream = Stream()
        try stream.send(picture.frame, damage: DamageRegion(picture.frame.bounds))
        for (x, y) in [(0, 0), (64, 32), (30, 17)] {
            for shift: UInt32 in [0, 8, 16] {
                #expect(abs(Int(stream.shown[x, y] >> shift & 0xFF) - Int(color >> shift & 0xFF)) <= 4)
            }
        }
    }

    @Test("nothing changed costs nothing")
    func quiet() throws {
        let picture = DesktopPicture(width: 320, height: 240).frame
        let stream = Stream()
        try stream.send(picture, damage: DamageRegion(picture.bounds))
        #expect(try stream.send(picture, damage: DamageRegion()).isEmpty)
        let outside = DamageRegion(Rectangle(x: 320, y: 0, width: 9, height: 9))
        #expect(try stream.send(picture, damage: outside).isEmpty)
        try stream.rest(picture)
        stream.now += .seconds(60)
        #expect(stream.encoder.nextDeadline == nil)
        #expect(try stream.send(picture, damage: DamageRegion()).isEmpty)
    }

    @Test("a picture at rest is refined, twice and not again")
    func refinement() throws {
        let picture = DesktopPicture(width: 640, height: 480).frame
        let stream = Stream()
        stream.encoder.setBitrate(300_000)
        try stream.send(picture, damage: DamageRegion(picture.bounds))
        let first = StructuralSimilarity.compare(picture, stream.shown)
        let refined = try stream.rest(picture)
        #expect(refined.map(\.flags) == [.refinement, .refinement])
        let last = StructuralSimilarity.compare(picture, stream.shown)
        #expect(last > first)
        #expect(last >= 0.995)
    }

    @Test("a change postpones the refinement and is shown")
    func change() throws {
        var picture = DesktopPicture(width: 640, height: 480)
        let stream = Stream()
        try stream.send(picture.frame, damage: DamageRegion(picture.frame.bounds))
        let due = try #require(stream.encoder.nextDeadline)
        let area = Rectangle(x: 201, y: 101, width: 120, height: 31)
        picture.fill(area, 0xFFE000)
        stream.now += .milliseconds(100)
        let sent = try stream.send(picture.frame, damage: DamageRegion(area))
        #expect(sent.map(\.flags) == [[]])
        #expect(try #require(stream.encoder.nextDeadline) > due)
        #expect(StructuralSimilarity.compare(picture.frame, stream.shown) >= 0.95)
        #expect(stream.shown[260, 115] >> 16 > 0xE0)
    }

    @Test("a small change costs a small part of a key frame")
    func smallChange() throws {
        var picture = DesktopPicture(width: 1_280, height: 720)
        let stream = Stream()
        let key = try stream.send(picture.frame, damage: DamageRegion(picture.frame.bounds))
        let area = Rectangle(x: 100, y: 100, width: 300, height: 16)
        picture.fill(area, 0xFFFFFF)
        picture.text(x: 100, y: 102, width: 300, ink: 0)
        let sent = try stream.send(picture.frame, damage: DamageRegion(area))
        #expect(sent[0].bytes.count * 10 < key[0].bytes.count)
    }

    @Test("a key frame comes on request, without damage")
    func request() throws {
        let picture = DesktopPicture(width: 320, height: 240).frame
        let stream = Stream()
        try stream.send(picture, damage: DamageRegion(picture.bounds))
        stream.encoder.requestKeyFrame()
        let sent = try stream.send(picture, damage: DamageRegion())
        #expect(sent.map(\.flags) == [.key])
        let late = Decoder()
        var shown = Frame(width: 1, height: 1)
        try late.decode(sent[0].bytes[...], into: &shown)
        #expect(StructuralSimilarity.compare(picture, shown) >= 0.95)
    }

    @Test("another size begins with a key frame", arguments: [(640, 480, 800, 600), (800, 600, 333, 251)])
    func resized(_ width: Int, _ height: Int, _ newWidth: Int, _ newHeight: Int) throws {
        let (old, new) = (
            DesktopPicture(width: width, height: height).frame, DesktopPicture(width: newWidth, height: newHeight).frame
        )
        let stream = Stream()
        try stream.send(old, damage: DamageRegion(old.bounds))
        let sent = try stream.send(new, damage: DamageRegion(Rectangle(x: 0, y: 0, width: 1, height: 1)))
        #expect(sent.map(\.flags) == [.key])
        #expect((stream.shown.width, stream.shown.height) == (newWidth, newHeight))
        #expect(StructuralSimilarity.compare(new, stream.shown) >= 0.95)
    }

    @Test("a picture too large or empty is refused", arguments: [(0, 10), (10, 0), (16_385, 1), (16_384, 4_097)])
    func limits(_ width: Int, _ height: Int) throws {
        let encoder = Encoder()
        #expect(throws: EncoderError.unsupportedSize(width: width, height: height)) {
            try encoder.encode(Frame(width: width, height: height), damage: DamageRegion(), at: .zero)
        }
    }
}

/// An encoder and the decoder at the other end.
final class Stream {
    let encoder = Encoder()
    let decoder = Decoder()
    var shown = Frame(width: 1, height: 1)
    var now = Instant.zero

    @discardableResult
    func send(_ frame: Frame, damage: DamageRegion) throws -> [EncodedFrame] {
        let sent = try encoder.encode(frame, damage: damage, at: now)
        for encoded in sent { try decoder.decode(encoded.bytes[...], into: &shown) }
        return sent
    }

    /// Lets the picture come to rest.
    @discardableResult
    func rest(_ frame: Frame) throws -> [EncodedFrame] {
        var sent: [EncodedFrame] = []
        while let due = encoder.nextDeadline, sent.count < 10 {
            now = due
            sent += try send(frame, damage: DamageRegion())
        }
        return sent
    }
}
