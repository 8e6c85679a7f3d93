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
        case input(InputEvent)
        case releaseAll
        case quit
    }

    enum Output: Sendable {
        /// A whole screen message: a `FrameHeader` and the picture.
        case frame([UInt8])
        /// The display is gone, or cannot be captured any more; nothing comes after it.
        case lost(String)
    }

    private let mailbox: Mailbox<Order>
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

    /// Opens the display on the thread; returns when it is open.
    func start(display name: String?) async throws {
        try await withCheckedThrowingContinuation { (opened: CheckedContinuation<Void, any Error>) in
            let thread = Thread { [mailbox, backlog, emit] in
                let loop: ScreenLoop
                do {
                    loop = ScreenLoop(
                        display: try Display.open(name), mailbox: mailbox, backlog: backlog, emit: emit)
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
