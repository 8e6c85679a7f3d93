import NIOCore
import Synchronization

/// What sends for the TURN connections of one event loop: woken once, however many of them a turn of a worker wrote to.
final class LoopSender: StreamSender {
    /// Buffers that are kept for later, and what one may hold: a busy loop's memory comes back to it.
    private static let spareLimit = 32
    private static let spareCapacity = 1 << 18

    private let eventLoop: any EventLoop
    /// Who has something to send, until the event loop comes to it.
    private let waiting = Mutex<[ChannelConnection]>([])
    private let spares = Mutex<[ByteBuffer]>([])

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Puts a connection on the list; whether `wake` has to be called, as there was no list.
    func add(_ connection: ChannelConnection) -> Bool {
        waiting.withLock {
            $0.append(connection)
            return $0.count == 1
        }
    }

    func wake() { eventLoop.execute { self.send() } }

    private func send() {
        let connections = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for connection in connections { connection.writePending() }
    }

    // MARK: Memory

    /// A buffer that was used before, if there is one.
    func spare() -> ByteBuffer { spares.withLock { $0.popLast() } ?? ByteBuffer() }

    /// Keeps a buffer whose bytes are sent.
    func keep(_ buffer: consuming ByteBuffer) {
        guard buffer.capacity <= Self.spareCapacity else { return }
        buffer.clear()
        let spare = buffer
        spares.withLock { if $0.count < Self.spareLimit { $0.append(spare) } }
    }
}
