import Dispatch
import Foundation
public import Policy
public import Session
import Synchronization

/// Tells what happens: with `--json` one object a line on standard output, else sentences.
///
/// Notes that are no event (progress, advice) go to standard error, and nowhere with `--json`. Writing is done on a
/// queue of its own: a terminal that was stopped, or a program that does not read, holds up nothing else.
public final class EventPrinter: Sendable {
    private let asJSON: Bool
    private let role: Role
    private let peer = Mutex("the other side")
    private let queue = DispatchQueue(label: "event printer")
    private let waiting = Atomic<Int>(0)
    /// Lines that may wait for a reader; further ones are dropped.
    private static let maximumWaiting = 1000
    /// Who else wants to know what happens.
    private let observer: (@Sendable (SessionEventLine) -> Void)?

    public convenience init(asJSON: Bool, role: Role) { self.init(asJSON: asJSON, role: role, observer: nil) }

    init(asJSON: Bool, role: Role, observer: (@Sendable (SessionEventLine) -> Void)?) {
        self.asJSON = asJSON
        self.role = role
        self.observer = observer
    }

    /// Whether a program reads this.
    var isForPrograms: Bool { asJSON }

    /// What the other side is called from now on.
    func meet(_ name: String) { peer.withLock { $0 = name } }

    func print(_ line: SessionEventLine) {
        let text = asJSON ? line.json : line.sentence(for: role, peer: peer.withLock { $0 })
        write(text, to: .standardOutput)
        observer?(line)
    }

    /// A policy forbids what was asked for: this is all that happens.
    public func refuse(_ refusal: PolicyRefusal) {
        print(.ended(.policy, detail: refusal.description))
        flush()
    }

    /// Something that the person gets less of than they asked for.
    public func tell(_ sentence: String) { note(sentence) }

    /// An event that only a program wants to know.
    func printForPrograms(_ line: SessionEventLine) {
        if asJSON { print(line) }
    }

    /// A sentence for the person who watches; a program is not told.
    func note(_ sentence: String) {
        if !asJSON { write(sentence, to: .standardError) }
    }

    /// A sentence that answers a line of standard input; a program reads it on standard error.
    func complain(_ sentence: String) { write(sentence, to: .standardError) }

    /// Waits until everything was written, but not for a reader that does not read.
    public func flush() {
        let written = DispatchSemaphore(value: 0)
        queue.async { written.signal() }
        _ = written.wait(timeout: .now() + .seconds(2))
    }

    private func write(_ text: String, to handle: FileHandle) {
        guard !text.isEmpty, waiting.load(ordering: .relaxed) < Self.maximumWaiting else { return }
        waiting.add(1, ordering: .relaxed)
        queue.async { [self] in
            // Whoever reads may be gone; the session goes on without them.
            try? handle.write(contentsOf: Data((text + "\n").utf8))
            waiting.subtract(1, ordering: .relaxed)
        }
    }
}
