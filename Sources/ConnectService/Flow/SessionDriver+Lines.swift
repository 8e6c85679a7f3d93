import HostNetwork
import Session

// What the person says, on standard input or with a button.
extension SessionDriver {
    /// Takes a line of standard input.
    func perform(line: String) {
        do {
            switch try StandardInputLine.parse(line, for: role) {
            case nil: return
            case .perform(let commands)?: for command in commands { try performOrThrow(command) }
            case .sendFile(let path)?:
                guard machine != nil else { return printer.complain("Nobody is connected yet.") }
                guard let files = services[.file] as? FileService else { throw CommandRefusal.notAvailable(.file) }
                files.send(path)
            case .copy(let text)?:
                guard let clipboard = services[.clipboard] as? ClipboardService else { throw CommandRefusal.notAvailable(.clipboard) }
                try clipboard.send(text)
            case .contact?:
                guard machine != nil else { return printer.complain("Nobody is connected yet.") }
                guard let contacts else { return printer.complain("This session is with a contact, or has no contacts: see “ra-connect contacts”.") }
                contacts.assumeIsolated { $0.want() }
            }
        } catch {
            complain(error)
        }
    }

    /// Does what a window's button means; a refusal is told to whoever watches the terminal.
    func perform(_ command: SessionCommand) {
        do { try performOrThrow(command) } catch { printer.note("\(error)") }
    }

    /// Why a command was not done, in the words of this side.
    private func complain(_ error: any Error) {
        if role == .sharer, error as? CommandRefusal == .notGranted(.control) {
            printer.complain("Nobody has your mouse and keyboard.")
        } else {
            printer.complain("\(error)")
        }
    }

    private func performOrThrow(_ command: SessionCommand) throws(CommandRefusal) {
        guard machine != nil else {
            if case .stop = command { return end(.finished, "") }
            return printer.complain("Nobody is connected yet.")
        }
        defer { drain() }
        try machine?.perform(command, at: MonotonicClock.now())
        switch command {
        case .say: recorder.ledger.sentMessage()
        case .request(.control, _), .request(.clipboard, _): printer.note("Asked. Waiting for \(peerName)'s answer…")
        case .pause where machine?.lent.contains { $0.kind != .clipboard } == true:
            let kinds = Set(machine?.lent.map(\.kind) ?? []).subtracting([.clipboard]).map(\.rawValue).sorted().joined(separator: ", ")
            printer.note("Only the screen, control and clipboard pause. What else you said yes to goes on (\(kinds)); “revoke” ends it.")
        case .yes, .no, .pause, .resume, .revoke, .request, .release, .input, .requestKeyFrame, .acknowledge, .ask, .stop: break
        }
    }
}
