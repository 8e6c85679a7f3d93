import Desktop
import Foundation
import Glibc
import NetPrimitives
import ScreenCodec
import Session
import Synchronization

/// The sharer's desktop on a thread of its own: captures and compresses it while it is shared, and does
/// what the helper's pointer and keyboard do.
///
/// X11 and libvpx are confined to the thread. Orders go in by a mailbox that wakes it; screen messages
/// come out by `emit`, on the thread.
final class ScreenSource: Sendable {
    enum Order: Sendable {
        case startSharing
        case stopSharing
        case requestKeyFrame
        case acknowledge(UInt32)
        case pathChanged
        /// Done only while `inputEpoch` is still what it was when the event came.
        case input(InputEvent, epoch: UInt64)
        case releaseAll
        case quit
    }

    enum Output: Sendable {
        /// A whole screen message: a `FrameHeader` and the picture.
        case frame([UInt8])
        /// The display is gone, or cannot be captured any more; nothing comes after it.
        case lost(String)
    }

    /// Advanced whenever control ends: what the helper did before that and was not done yet is never done.
    private let inputEpoch = Epoch()
    /// Input that may wait for the thread: more is a helper who types faster than anybody.
    private static let waitingInput = 2048
    private let mailbox: Mailbox<Order>
    private let ended = AsyncStream.makeStream(of: Void.self)
    private let backlog: @Sendable () -> Int
    private let emit: @Sendable (Output) -> Void

    /// - Parameters:
    ///   - backlog: bytes of the screen that wait to be sent; asked on the thread.
    ///   - emit: called on the thread.
    init(backlog: @escaping @Sendable () -> Int, emit: @escaping @Sendable (Output) -> Void) throws(Mailbox<Order>.Failure) {
        mailbox = try Mailbox()
        self.backlog = backlog
        self.emit = emit
    }

    func order(_ order: Order) { mailbox.post(order) }

    /// Has the thread do what the helper did.
    func input(_ event: InputEvent) {
        guard mailbox.count < Self.waitingInput else { return }
        mailbox.post(.input(event, epoch: inputEpoch.current))
    }

    /// Control has ended: nothing that waits is done any more, and what is held is let go.
    func forbidInput() {
        inputEpoch.advance()
        mailbox.post(.releaseAll)
    }

    /// Ends the thread, which lets go of every key first; waits for it, but not for ever.
    func quit(within patience: Duration = .seconds(2)) async {
        inputEpoch.advance()
        mailbox.post(.quit)
        let stream = ended.stream
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in stream {} }
            group.addTask { try? await Task.sleep(for: patience) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Opens the display on the thread; returns when it is open.
    func start(display name: String?) async throws {
        try await withCheckedThrowingContinuation { (opened: CheckedContinuation<Void, any Error>) in
            let thread = Thread { [mailbox, inputEpoch, ended, backlog, emit] in
                defer { ended.continuation.finish() }
                let loop: ScreenLoop
                do {
                    loop = ScreenLoop(
                        display: try Display.open(name), mailbox: mailbox, inputEpoch: inputEpoch, backlog: backlog, emit: emit)
                } catch {
                    return opened.resume(throwing: error)
                }
                opened.resume()
                loop.run()
            }
            thread.name = "screen"
            thread.stackSize = 4 << 20  // libvpx keeps whole superblocks on the stack
            thread.start()
        }
    }
}

/// A count that any thread may advance and read.
final class Epoch: Sendable {
    private let value = Atomic<UInt64>(0)

    var current: UInt64 { value.load(ordering: .acquiring) }

    func advance() { value.add(1, ordering: .releasing) }
}
