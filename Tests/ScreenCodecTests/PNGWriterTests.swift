import CPNG
import Foundation
import ScreenCodec
import Testing

@Suite struct PNGWriterTests {
    @Test("a written picture is read back pixel by pixel", arguments: [(97, 65), (1, 1), (640, 3)])
    func roundTrip(_ width: Int, _ height: Int) throws {
        let picture = DesktopPicture(width: width, height: height).frame
        let png = try PNGWriter.encode(picture)
        #expect(try read(png) == (0..<width * height).map { picture[$0 % width, $0 / width] })
    }

    @Test("the file appears whole, replaces an old one, and leaves nothing beside it")
    func file() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("png-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appendingPathComponent("out.png").path
        try Data("old".utf8).write(to: URL(fileURLWithPath: path))
        let picture = DesktopPicture(width: 20, height: 10).frame
        try PNGWriter.write(picture, to: path)
        #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) == (try PNGWriter.encode(picture)))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["out.png"])
    }

    @Test("a directory that is not there is an error with a sentence")
    func missing() {
        let path = "/nonexistent/out.png"
        #expect(throws: PNGWriter.WriteError.file(path: path, code: ENOENT)) {
            try PNGWriter.write(Frame(width: 1, height: 1), to: path)
        }
    }

    @Test("a picture without pixels cannot be written")
    func empty() {
        #expect(throws: PNGWriter.WriteError.encoding) { try PNGWriter.encode(Frame(width: 0, height: 5)) }
    }

    private func read(_ png: [UInt8]) throws -> [UInt32] {
        var (width, height): (UInt32, UInt32) = (0, 0)
        #expect(cpng_size(png, png.count, &width, &height) == 1)
        var bytes = [UInt8](repeating: 0, count: Int(width * height) * 4)
        #expect(cpng_read_bgra(png, png.count, &bytes, bytes.count) == 1)
        return stride(from: 0, to: bytes.count, by: 4).map {
            UInt32(bytes[$0 + 2]) << 16 | UInt32(bytes[$0 + 1]) << 8 | UInt32(bytes[$0])
        }
    }
}
