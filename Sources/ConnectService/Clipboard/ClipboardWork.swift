import Desktop
import NIOCore

/// The clipboard on its thread, which tells by which order to watch it something was copied.
final class ClipboardWork: DisplayWork {
    enum Order: Sendable {
        /// Whether what is copied from now on is to be told; the number goes with what is.
        case watch(Bool, number: Int)
        case put(String)
    }

    enum Output: Sendable {
        case happened(Clipboard.Event, number: Int)
        /// Another text can be put there.
        case hasPut
    }

    private let clipboard: Clipboard
    private var number = 0

    init(display: String?) throws(DisplayError) { clipboard = try Clipboard(display: display) }

    var facts: Void { () }
    var fileDescriptor: Int32 { clipboard.fileDescriptor }
    var nextDeadline: ContinuousClock.Instant? { clipboard.nextDeadline }

    func follow(_ order: Order) throws(DisplayError) -> [Output] {
        switch order {
        case .watch(let wanted, let number):
            try clipboard.watch(wanted)
            self.number = number
            return []
        case .put(let text):
            try clipboard.put(text)
            return [.hasPut]
        }
    }

    func takeEvents() throws(DisplayError) -> [Output] {
        try clipboard.takeEvents().map { .happened($0, number: number) }
    }
}

/// A flow whose session can share the clipboard of a display.
protocol ClipboardFlow: Actor {
    nonisolated var loop: any EventLoop { get }
    var clipboard: ClipboardService? { get }
}

extension ClipboardFlow {
    /// Opens the display, where there is one, for what is copied and pasted.
    func openClipboard(of display: String?) async {
        guard let clipboard else { return }
        clipboard.display = try? await DisplayThread<ClipboardWork>.start(
            "clipboard", open: { () throws(DisplayError) in try ClipboardWork(display: display) },
            emit: { output in self.loop.execute { self.assumeIsolated { $0.clipboard?.handle(output) } } })
    }
}
