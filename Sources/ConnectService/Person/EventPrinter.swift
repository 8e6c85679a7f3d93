import Foundation
public import Session
import Synchronization

/// Tells what happens: with `--json` one object a line on standard output, else sentences.
///
/// Notes that are no event (progress, advice) go to standard error, and nowhere with `--json`.
public final class EventPrinter: Sendable {
    private let asJSON: Bool
    private let role: Role
    private let peer = Mutex("the other side")
    /// Lines of different threads do not mix.
    private let output = Mutex(())

    public init(asJSON: Bool, role: Role) {
        self.asJSON = asJSON
        self.role = role
    }

    /// What the other side is called from now on.
    func meet(_ name: String) { peer.withLock { $0 = name } }

    func print(_ line: SessionEventLine) {
        let text = asJSON ? line.json : line.sentence(for: role, peer: peer.withLock { $0 })
        write(text, to: .standardOutput)
    }

    /// A sentence for the person who watches; a program is not told.
    func note(_ sentence: String) {
        if !asJSON { write(sentence, to: .standardError) }
    }

    /// A sentence that answers a line of standard input; a program reads it on standard error.
    func complain(_ sentence: String) { write(sentence, to: .standardError) }

    private func write(_ text: String, to handle: FileHandle) {
        guard !text.isEmpty else { return }
        output.withLock { _ in
            // Whoever reads may be gone; the session goes on without them.
            try? handle.write(contentsOf: Data((text + "\n").utf8))
        }
    }
}
