import TURN

/// What one turn has brought for one stream's client: datagrams of its channels, not yet framed.
///
/// unsafe: it is of a `StreamBatch`, and no longer good when the call that it is given to returns.
public struct StreamDatagrams {
    private let runs: UnsafePointer<StreamBatch.Run>
    private let first: Int

    init(runs: UnsafePointer<StreamBatch.Run>, first: Int) {
        self.runs = runs
        self.first = first
    }

    /// Bytes of all of them as ChannelData over a stream, headers and padding included (RFC 8656 §12.5).
    public var framedSize: Int {
        var size = 0
        forEachRun { run in
            guard run.count > run.size else { return size &+= Self.framed(run.count) }
            let full = run.count / run.size
            size &+= full &* Self.framed(run.size)
            if full &* run.size < run.count { size &+= Self.framed(run.count &- full &* run.size) }
        }
        return size
    }

    /// Writes them as ChannelData, in their order, up to the first that does not fit.
    ///
    /// - Returns: bytes that were written, and datagrams that were not.
    public func frame(into buffer: UnsafeMutableRawBufferPointer) -> (written: Int, left: Int) {
        var (written, left) = (0, 0)
        forEach { channel, datagram in
            let size = Self.framed(datagram.count)
            guard left == 0, size <= buffer.count &- written, let start = buffer.baseAddress else { return left &+= 1 }
            let frame = start + written
            let header = UInt32(channel) << 16 | UInt32(truncatingIfNeeded: datagram.count)
            // unsafe: `size` bytes of the buffer begin here; the last four are the padding's, and overwritten but for that.
            (frame + (size &- 4)).storeBytes(of: 0, as: UInt32.self)
            frame.storeBytes(of: header.bigEndian, as: UInt32.self)
            if let bytes = datagram.baseAddress {
                (frame + ChannelData.headerSize).copyMemory(from: bytes, byteCount: datagram.count)
            }
            written &+= size
        }
        return (written, left)
    }

    /// Each with its channel.
    public func forEach(_ body: (_ channel: UInt16, _ datagram: UnsafeRawBufferPointer) -> Void) {
        forEachRun { run in
            var offset = 0
            repeat {
                let count = min(run.size, run.count &- offset)
                body(run.channel, UnsafeRawBufferPointer(start: run.bytes + offset, count: count))
                offset &+= count
            } while offset < run.count
        }
    }

    private func forEachRun(_ body: (StreamBatch.Run) -> Void) {
        var number = first
        while number >= 0 {
            body(runs[number])
            number = Int(runs[number].next)
        }
    }

    private static func framed(_ count: Int) -> Int { ChannelData.headerSize &+ (count &+ 3) & ~3 }
}
