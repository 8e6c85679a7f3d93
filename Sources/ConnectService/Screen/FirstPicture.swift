import NIOPosix
import NetPrimitives
import ScreenCodec

/// Decodes the first complete picture, to say that it is there and to save it when that is wanted.
struct FirstPicture: Sendable {
    struct Size: Hashable, Sendable {
        var width: Int
        var height: Int
    }

    /// Where the picture is written as PNG.
    var snapshot: String?
    let pool: NIOThreadPool

    /// Decodes a screen message that holds a key frame; libvpx and libpng run on a thread of their own.
    func show(_ message: [UInt8]) async throws -> Size {
        let snapshot = snapshot
        return try await pool.runIfActive {
            var reader = ByteReader(message)
            _ = try FrameHeader(from: &reader)
            var frame = Frame(width: 1, height: 1)
            try Decoder().decode(reader.readRest(), into: &frame)
            if let snapshot { try PNGWriter.write(frame, to: snapshot) }
            return Size(width: frame.width, height: frame.height)
        }
    }
}
