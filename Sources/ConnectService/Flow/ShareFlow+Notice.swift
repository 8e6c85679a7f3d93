import Desktop
import NIOCore
import Session

// The notice on the shared screen, and Esc, which takes mouse and keyboard back.
extension ShareFlow {
    /// Opens the display for the notice. Without one the terminal alone says that the screen is shared.
    ///
    /// - Returns: whether it is there, or not wanted any more.
    @discardableResult
    func openNotice(again: Bool = false) async -> Bool {
        let display = options.display
        do {
            let notice = try await DisplayThread<Notice>.start(
                "notice", open: { () throws(DisplayError) in try Notice(display: display) },
                emit: { output in self.loop.execute { self.assumeIsolated { $0.handle(output) } } })
            guard !isOver else { return true }
            self.notice = notice
            return true
        } catch {
            if !again { printer.note("No notice can be shown on the screen (\(error)); this terminal says when it is shared.") }
            return isOver
        }
    }

    /// Shows the screen once the notice is there: nobody sees it before.
    func startSharing() {
        guard let notice else { return screenStarts() }
        waitsForNotice = true
        noticed = noticeContent
        notice.order(noticed)
    }

    func stopSharing() {
        waitsForNotice = false
        screenStops()
    }

    /// Has the notice say what is true now.
    func updateNotice() {
        guard let notice, noticed != noticeContent else { return }
        noticed = noticeContent
        notice.order(noticed)
    }

    /// Says how control is taken back, once it is given; that Esc does not do it is said once.
    func sayWayBack() {
        if notice?.facts == true {
            return printer.note("Press Esc, or type “revoke control” here, to take them back; type “stop” to end.")
        }
        if !hasExplainedEsc {
            hasExplainedEsc = true
            printer.note("Esc does not take them back on this desktop: its X server cannot tell your keys from your helper's.")
        }
        printer.note("Type “revoke control” here to take them back, “stop” to end.")
    }

    private var noticeContent: NoticeContent? {
        guard !isOver, let driver, let machine = driver.machine, machine.status.view == .granted else { return nil }
        let status = machine.status
        let places = machine.lent.compactMap { if case .tcp(let place) = $0.subject { "\(place)" } else { nil } }
        return NoticeContent(
            name: String(driver.peerName.printable.prefix(80)), hasControl: status.control == .granted, isPaused: status.isPaused,
            sharesClipboard: machine.lent.contains { $0.kind == .clipboard }, places: places)
    }

    private func handle(_ output: DisplayThread<Notice>.Output) {
        guard !isOver else { return }
        switch output {
        case .said(.shown):
            guard waitsForNotice, notice != nil else { return }
            waitsForNotice = false
            screenStarts()
        case .said(.happened(.escape)), .said(.happened(.pressed(.takeControlBack))):
            // A second press, while the first one was on its way, takes nothing more.
            guard driver?.machine?.status.control == .granted else { return }
            driver?.perform(.revoke(.control))
        case .said(.happened(.pressed(.pause))): driver?.perform(.pause)
        case .said(.happened(.pressed(.resume))): driver?.perform(.resume)
        case .said(.happened(.pressed(.stop))): driver?.perform(.stop)
        case .lost: noticeIsLost()
        }
    }

    /// Somebody has closed its connection, as `xkill` does: another one is made, as often as it takes. Until then nobody but the
    /// person uses mouse and keyboard, for Esc is gone with it. Where the whole display is gone, the screen's thread says so.
    private func noticeIsLost() {
        notice = nil
        noticed = nil
        if driver?.machine?.status.control == .granted { driver?.perform(.revoke(.control)) }
        reopenNotice()
    }

    private func reopenNotice() {
        loop.assumeIsolated().scheduleTask(in: .seconds(1)) { [weak self] in
            guard let self else { return }
            Task {
                if await self.openNotice(again: true) { await self.updateNotice() } else { await self.reopenNotice() }
            }
        }
    }

    private func screenStarts() {
        guard driver?.machine?.screenMayFlow == true else { return }
        screen?.order(.startSharing)
    }

    private func screenStops() {
        screen?.order(.stopSharing)
        screen?.forbidInput()
    }
}
