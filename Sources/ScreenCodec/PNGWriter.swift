internal import CPNG
internal import Glibc

/// Writes a picture as PNG. Who looks at the path sees the old file or the whole new one, never a part.
public enum PNGWriter {
    public enum WriteError: Error, Hashable, Sendable, CustomStringConvertible {
        /// The picture has no pixels, or libpng refused it.
        case encoding
        /// What the system said; `code` is its `errno`.
        case file(path: String, code: Int32)

        public var description: String {
            switch self {
            case .encoding: "The picture could not be turned into a PNG."
            case .file(let path, let code): "The picture could not be written to \(path): \(String(cString: strerror(code)))."
            }
        }
    }

    /// The file's bytes.
    public static func encode(_ frame: Frame) throws(WriteError) -> [UInt8] {
        guard frame.width > 0, frame.height > 0 else { throw .encoding }
        let pixels = packed(frame)
        let (width, height, stride) = (UInt32(frame.width), UInt32(frame.height), Int32(frame.width * 3))
        var count = 0
        guard cpng_write_bgr(width, height, pixels, stride, nil, &count) != 0 else { throw .encoding }
        var png = [UInt8](repeating: 0, count: count)
        guard cpng_write_bgr(width, height, pixels, stride, &png, &count) != 0, count <= png.count else { throw .encoding }
        return Array(png.prefix(count))
    }

    /// Writes to a temporary file in the same directory, which is then renamed. Only its owner may read the file: it
    /// shows somebody's screen.
    public static func write(_ frame: Frame, to path: String) throws(WriteError) {
        let png = try encode(frame)
        let temporary = "\(path).\(UInt64.random(in: .min ... .max)).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: path, code: errno) }
        var code = write(png, to: descriptor)
        if close(descriptor) != 0, code == 0 { code = errno }
        if code == 0, rename(temporary, path) != 0 { code = errno }
        guard code == 0 else {
            unlink(temporary)
            throw .file(path: path, code: code)
        }
    }

    /// Three bytes a pixel, blue first: PNG has no room for a byte without meaning.
    private static func packed(_ frame: Frame) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: frame.width * frame.height * 3) { output, count in
            // Unsafe: the source has 4 and the destination 3 bytes for each of the same pixels.
            frame.withUnsafeBytes { input in
                for pixel in 0..<frame.width * frame.height {
                    output[pixel * 3] = input[pixel * 4]
                    output[pixel * 3 + 1] = input[pixel * 4 + 1]
                    output[pixel * 3 + 2] = input[pixel * 4 + 2]
                }
            }
            count = frame.width * frame.height * 3
        }
    }

    /// Zero, or the `errno` of the failure.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return written < 0 ? errno : EIO }
            rest = rest.dropFirst(written)
        }
        return fsync(descriptor) == 0 ? 0 : errno
    }
}
