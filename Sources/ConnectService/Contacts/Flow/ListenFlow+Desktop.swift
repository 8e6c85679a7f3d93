import HostNetwork
import NIOCore
import Rendezvous
import Session

// What calls and sessions ask on the desktop as well: there may be no terminal.
extension ListenFlow {
    /// Numbers of sessions' questions, beside those of calls. Each is used once: a click on what a session asked is nothing to the next.
    private static let firstQuestion: UInt32 = 1 << 31

    /// What waits for an answer on the desktop.
    struct Shown: Sendable {
        let title: String
        let question: String
        let addition: String?
    }

    /// Shows a question, until it is withdrawn. The session's bus may have come after us, or have come back: it is looked for whenever
    /// there is none.
    func show(_ number: UInt32, title: String, question: String, addition: String?) {
        shown[number] = Shown(title: title, question: question, addition: addition)
        desktop == nil ? lookAtDesktop() : show(number)
    }

    private func show(_ number: UInt32) {
        guard let shown = shown[number] else { return }
        desktop?.show(number, title: shown.title, question: shown.question, addition: shown.addition)
    }

    func withdraw(_ number: UInt32) {
        shown[number] = nil
        desktop?.withdraw(number)
    }

    /// What waits is shown where there is a bus again. A desktop that comes on the same bus needs none of this.
    func lookAtDesktop() {
        guard desktop == nil, !shown.isEmpty, !isOver else { return }
        openDesktop()
        for number in shown.keys.sorted() { show(number) }
    }

    private func openDesktop() {
        desktops += 1
        let generation = desktops
        desktop = DesktopNotifications { number, isAccepted in
            self.loop.execute { self.assumeIsolated { $0.answered(number, isAccepted) } }
        } ended: {
            self.loop.execute { self.assumeIsolated { if $0.desktops == generation { $0.desktop = nil } } }
        }
    }

    /// A click counts at once, where a typed yes waits (`SessionAnswers`): it is on one question, which stood there to be read, comes from
    /// the desktop that shows it, and names it by a number that is used once. So it cannot have been meant for another.
    private func answered(_ number: UInt32, _ isAccepted: Bool) {
        shown[number] = nil
        guard number >= Self.firstQuestion else {
            // It may have been answered at the terminal meanwhile, or have ended.
            guard calls.entries.contains(where: { $0.number == number }) else { return printer.complain("That call is over.") }
            callOver = MonotonicClock.now()
            return answer(number, isYes: isAccepted)
        }
        guard let session, let request = asked.first(where: { $0.number == number }) else {
            return printer.complain("That is not asked any more.")
        }
        Task { await session.flow.perform(line: "\(isAccepted ? "yes" : "no") \(request.id)") }
    }

    /// Tells what a session does, and shows what it asks.
    func sessionPrinter(for role: Role) -> EventPrinter {
        EventPrinter(asJSON: printer.isForPrograms, role: role) { event in
            self.loop.execute { self.assumeIsolated { $0.observe(event, of: role) } }
        }
    }

    private func observe(_ event: SessionEventLine, of role: Role) {
        switch event {
        case .request(let id, let kind, _, _, _): ask(event, id, kind, to: role)
        case .sideRequest(let request, _, _): ask(event, request.id, request.kind, to: role)
        case .granted(let kind, _), .denied(let kind, _), .revoked(let kind, _): withdraw { $0.kind == kind }
        case .side(_, let request, _): withdraw { $0.id == request.id }
        case .ended: withdrawQuestions()
        case .invitation, .helper, .connected, .path, .candidates, .firstFrame, .paused, .resumed, .chat, .file, .forwarding, .clipboard,
            .contact:
            break
        }
    }

    /// The title is who they are by their key, not what they call themselves.
    private func ask(_ event: SessionEventLine, _ id: UInt32, _ kind: Capability, to role: Role) {
        guard let session, let (question, warning) = event.question(for: role) else { return }
        answers?.questionsChanged(at: MonotonicClock.now())
        calls.pass(id)
        let number = Self.firstQuestion | desktopQuestions
        desktopQuestions = desktopQuestions == Self.firstQuestion - 1 ? 0 : desktopQuestions + 1
        asked.append((number, id, kind))
        show(number, title: "\(session.contact)", question: question, addition: warning)
    }

    func withdrawQuestions() { withdraw { _ in true } }

    private func withdraw(_ isOver: ((number: UInt32, id: UInt32, kind: Capability)) -> Bool) {
        guard asked.contains(where: isOver) else { return }
        answers?.questionsChanged(at: MonotonicClock.now())
        for request in asked where isOver(request) { withdraw(request.number) }
        asked.removeAll(where: isOver)
    }
}
