internal import CXCB
internal import Glibc
internal import ScreenCodec

/// Memory that the X server writes pictures to and we read: a file without a name, so that nothing is left behind
/// however this process ends.
final class SharedSegment {
    let identifier: xcb_shm_seg_t
    let count: Int
    private let connection: Connection
    // Unsafe: a mapping of `count` bytes, unmapped in `deinit`.
    private let memory: UnsafeMutableRawPointer

    /// Nil when the system or the server will not have it.
    init?(_ connection: Connection, count: Int) {
        let descriptor = cxcb_memory_file("ra-connect screen")
        guard descriptor >= 0 else { return nil }
        guard ftruncate(descriptor, off_t(count)) == 0,
            let memory = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else {
            close(descriptor)
            return nil
        }
        let identifier = xcb_generate_id(connection.raw)
        // XCB closes the descriptor once it is sent.
        let cookie = xcb_shm_attach_fd_checked(connection.raw, identifier, descriptor, 0)
        if let failure = xcb_request_check(connection.raw, cookie) {
            free(failure)
            munmap(memory, count)
            return nil
        }
        self.identifier = identifier
        self.count = count
        self.connection = connection
        self.memory = memory
    }

    deinit {
        xcb_shm_detach(connection.raw, identifier)
        munmap(memory, count)
    }

    /// Copies a range of bytes to the same place in the frame. The range lies within both.
    func copy(_ range: Range<Int>, into frame: inout Frame) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count && range.upperBound <= frame.pixels.count)
        frame.withUnsafeMutableBytes { bytes in
            bytes.baseAddress?.advanced(by: range.lowerBound)
                .copyMemory(from: memory.advanced(by: range.lowerBound), byteCount: range.count)
        }
    }
}
