internal import CXCB
internal import Glibc
internal import ScreenCodec

/// Reads the root window's pixels: through shared memory where the server can map it, else through the socket.
final class ScreenImage {
    private let connection: Connection
    private var shared: SharedSegment?
    private var mayShare: Bool

    init(_ connection: Connection) {
        self.connection = connection
        mayShare = connection.isLocal && cxcb_shm_first_event(connection.raw) >= 0 && Self.passesFiles(connection)
    }

    var usesSharedMemory: Bool { shared != nil }

    /// Copies whole rows of a screen as large as `frame` into it. Nil, or the X error when the server refused, as it
    /// does while the screen is smaller than we think.
    func read(rows: Range<Int>, into frame: inout Frame) throws(DisplayError) -> UInt8? {
        let stride = frame.stride
        if let segment = segment(bytes: stride * frame.height), let offset = UInt32(exactly: rows.lowerBound * stride) {
            let cookie = xcb_shm_get_image(
                connection.raw, connection.root, 0, Int16(clamping: rows.lowerBound), UInt16(clamping: frame.width),
                UInt16(clamping: rows.count), .max, UInt8(XCB_IMAGE_FORMAT_Z_PIXMAP.rawValue), segment.identifier, offset)
            var failure: UnsafeMutablePointer<xcb_generic_error_t>?
            let reply = try connection.answer(xcb_shm_get_image_reply(connection.raw, cookie, &failure))
            guard let reply else { return failure.map { Owned($0).value.error_code } ?? 0 }
            guard Int(reply.value.size) == rows.count * stride else { return 0 }
            segment.copy(rows.lowerBound * stride..<rows.upperBound * stride, into: &frame)
            return nil
        }
        return try readThroughSocket(rows: rows, into: &frame)
    }

    private func readThroughSocket(rows: Range<Int>, into frame: inout Frame) throws(DisplayError) -> UInt8? {
        let stride = frame.stride
        // About a megabyte at a time: an answer is held in memory whole.
        let step = max(1, 1 << 20 / max(1, stride))
        for first in Swift.stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
            let end = min(first + step, rows.upperBound)
            let cookie = xcb_get_image(
                connection.raw, UInt8(XCB_IMAGE_FORMAT_Z_PIXMAP.rawValue), connection.root, 0, Int16(clamping: first),
                UInt16(clamping: frame.width), UInt16(clamping: end - first), .max)
            var failure: UnsafeMutablePointer<xcb_generic_error_t>?
            let reply = try connection.answer(xcb_get_image_reply(connection.raw, cookie, &failure))
            guard let reply else { return failure.map { Owned($0).value.error_code } ?? 0 }
            let count = (end - first) * stride
            guard Int(xcb_get_image_data_length(reply.pointer)) >= count, let data = xcb_get_image_data(reply.pointer)
            else { return 0 }
            frame.withUnsafeMutableBytes { bytes in
                // Unsafe: the answer holds `count` bytes, and so does the frame from its row `first` on.
                bytes.baseAddress?.advanced(by: first * stride).copyMemory(from: data, byteCount: count)
            }
        }
        return nil
    }

    /// The segment, made anew when the screen outgrew it; nil when memory cannot be shared.
    private func segment(bytes: Int) -> SharedSegment? {
        guard mayShare, bytes > 0 else { return nil }
        if let shared, shared.count >= bytes { return shared }
        shared = nil
        shared = SharedSegment(connection, count: bytes)
        mayShare = shared != nil
        return shared
    }

    /// MIT-SHM takes file descriptors since version 1.2.
    private static func passesFiles(_ connection: Connection) -> Bool {
        let cookie = xcb_shm_query_version(connection.raw)
        guard let reply = xcb_shm_query_version_reply(connection.raw, cookie, nil) else { return false }
        let version = Owned(reply).value
        return (version.major_version, version.minor_version) >= (1, 2)
    }
}
