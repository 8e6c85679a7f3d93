import Desktop
import Session

/// Shares the clipboard: what is copied here can be pasted at the other side, and the other way round, each as far as the yes
/// went, and nothing while the session is paused.
///
/// What was copied before the yes, or while it was paused, never goes, nor does what a program of passwords has marked. Without a
/// display what comes is told, and what goes is typed. Confined to the session's event loop.
final class ClipboardService: SideService {
    let kind = Capability.clipboard
    private unowned let driver: SessionDriver
    /// Nil where there is no display.
    var display: DisplayThread<ClipboardWork>? {
        didSet { watch() }
    }
    private var lent: SideRequest?
    private var channel: SideChannel?
    private var sender = ClipboardSender()
    private var receiver = ClipboardReceiver()
    /// What has come last: a program that keeps what is copied takes it over and seems to copy it.
    private var received: String?
    /// Counts the orders to watch: what was copied under a former one was copied too early.
    private var watching = 0
    private var isPutting = false
    /// What is put as soon as the display has taken what came before it.
    private var next: String?

    private let tell: (SessionEventLine) -> Void

    /// - Parameter tell: what the person is told by; nil: the session's printer.
    init(driver: SessionDriver, tell: ((SessionEventLine) -> Void)? = nil) {
        self.driver = driver
        self.tell = tell ?? { [unowned driver] in driver.printer.print($0) }
    }

    func handle(_ event: SideServiceEvent) {
        switch event {
        case .granted(let request): begin(request)
        case .opened(let channel, let request):
            guard request == lent, self.channel == nil else { return driver.close(channel) }
            self.channel = channel
            pump()
        case .message(let channel, let bytes): if channel == self.channel { receive(bytes) }
        case .hasRoom(let channel): if channel == self.channel { pump() }
        case .closed(let channel): if channel == self.channel { end() }
        case .revoked(let request, _): if request == lent { end() }
        case .sessionEnded:
            end()
            display = nil
        case .peerRules, .denied: break
        }
    }

    /// Has the other side paste a text that was typed here.
    func send(_ text: String) throws(CommandRefusal) {
        guard ways.contains(.send) else { throw .notGranted(.clipboard) }
        guard !isPaused else { throw .isPaused }
        guard text.utf8.count <= Clipboard.maximumBytes else { throw .textTooLong(maximumBytes: Clipboard.maximumBytes) }
        sender.offer(text)
        pump()
    }

    func handle(_ output: DisplayThread<ClipboardWork>.Output) {
        switch output {
        case .said(.happened(let event, let number)): if number == watching, maySend { happened(event) }
        case .said(.hasPut):
            isPutting = false
            if let next { put(next) }
        case .lost:
            display = nil
        }
    }

    /// The session is paused, or goes on.
    func pauseChanged() {
        if isPaused { sender.giveUp() }
        watch()
    }

    // MARK: Inside

    /// Which way it may go, seen from here.
    private var ways: SideRules.Ways {
        guard let lent, case .clipboard(let ways) = lent.subject else { return [] }
        return lent.asker == driver.role ? ways : ways.reversed
    }

    private var isPaused: Bool { driver.machine?.status.isPaused ?? true }
    private var maySend: Bool { ways.contains(.send) && !isPaused }

    private func begin(_ request: SideRequest) {
        if let channel { driver.close(channel) }
        end()
        lent = request
        if request.asker == driver.role { channel = driver.openChannel(for: request) }
        watch()
    }

    private func end() {
        (lent, channel, received, next) = (nil, nil, nil, nil)
        (sender, receiver) = (ClipboardSender(), ClipboardReceiver())
        watch()
    }

    private func watch() {
        watching += 1
        display?.order(.watch(ways.contains(.send) && !isPaused, number: watching))
    }

    private func happened(_ event: Clipboard.Event) {
        switch event {
        case .copied(let text):
            guard text != received else { return }
            received = nil
            sender.offer(text)
            pump()
        case .copiedSecret: driver.printer.note("What you copied is marked as a secret, so it stays here.")
        case .copiedTooMuch: driver.printer.note("What you copied is larger than 1 MiB, so it stays here.")
        }
    }

    private func pump() {
        guard let channel else { return }
        while driver.hasRoom(on: channel), let piece = sender.nextPiece() {
            guard driver.send(piece.message, on: channel) else { return sender.giveUp() }
            guard let bytes = piece.completes else { continue }
            driver.recorder.ledger.copied(bytes: bytes, isOurs: true)
            tell(.clipboard(.sent, bytes: bytes, text: nil))
        }
    }

    private func receive(_ message: [UInt8]) {
        do {
            guard let text = try receiver.receive(message), ways.contains(.receive), !isPaused else { return }
            received = text
            let bytes = text.utf8.count
            driver.recorder.ledger.copied(bytes: bytes, isOurs: false)
            tell(.clipboard(.received, bytes: bytes, text: display == nil ? text : nil))
            if display != nil { put(text) }
        } catch {
            if let channel { driver.close(channel) }
            end()
            driver.printer.note("What comes for the clipboard makes no sense (\(error)): it is not shared any more.")
        }
    }

    /// One at a time, and only the newest waits: a display may be slower than the other side.
    private func put(_ text: String) {
        guard !isPutting else { return next = text }
        (isPutting, next) = (true, nil)
        display?.order(.put(text))
    }
}
