import Foundation
import Glibc

/// Reads the person's lines on a thread of its own, since reading a terminal blocks.
enum StandardInput {
    /// Bytes of the longest line that is read; what is longer is cut into pieces.
    private static let longestLine = 64 * 1024

    /// Calls `receive` with each line, without its end. At the end of the input nothing follows.
    static func read(_ receive: @escaping @Sendable (String) -> Void) {
        let thread = Thread {
            var pending = Data()
            while let chunk = readChunk() {
                pending.append(contentsOf: chunk)
                while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                    receive(String(decoding: pending[..<end], as: UTF8.self))
                    pending = Data(pending[pending.index(after: end)...])
                }
                if pending.count > longestLine {
                    receive(String(decoding: pending, as: UTF8.self))
                    pending = Data()
                }
            }
            if !pending.isEmpty { receive(String(decoding: pending, as: UTF8.self)) }
        }
        thread.name = "standard input"
        thread.start()
    }

    /// What has been typed so far: read(2) returns with a line, where reading a fixed count would wait for more.
    ///
    /// Ctrl-D at a terminal is read as an empty line: somebody who slipped can still say yes, no or stop.
    private static func readChunk() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
        if count == 0, isatty(STDIN_FILENO) == 1 { return [UInt8(ascii: "\n")] }
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    /// Throws away what was typed and not read: it must not become a command of the shell.
    static func discardTyped() {
        if isatty(STDIN_FILENO) == 1 { tcflush(STDIN_FILENO, TCIFLUSH) }
    }
}
