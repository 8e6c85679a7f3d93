import NetPrimitives
import Session

/// Which lines that are typed while a session runs are for the session. A yes may have been meant for a call that was there a moment ago,
/// and must then not be taken for consent: in doubt it is not passed on. What gives nothing, as a no or stop, always is.
struct SessionAnswers: Sendable {
    /// What is asked has stood there for so long when a yes is meant for it: as with calls.
    static let settling = IncomingCalls.settling
    /// Somebody may still be about to answer a call that was answered on the desktop, or has ended by itself, for so long.
    static let lateness = Duration.seconds(10)

    /// A yes that was not taken; the sentence says what to do.
    struct Doubt: Error, Hashable, Sendable, CustomStringConvertible {
        var description: String { "What is asked has just changed, and your yes may have been meant for a call: read it, and type yes once more." }
    }

    /// A program's answer follows from what it has read. A person may have begun to type before.
    let isPerson: Bool
    /// Calls have had the numbers up to that one.
    let lastCall: UInt32
    /// When a call was answered elsewhere than here, or ended by itself; nil where none was.
    let callOver: Instant?
    /// When the session began, or last asked for something or ceased to.
    private var changed: Instant

    init(isPerson: Bool, lastCall: UInt32, callOver: Instant?, at now: Instant) {
        self.isPerson = isPerson
        self.lastCall = lastCall
        self.callOver = callOver
        changed = now
    }

    /// The session asks for something, or does not any more.
    mutating func questionsChanged(at now: Instant) { changed = now }

    func check(_ line: StandardInputLine, at now: Instant) throws(Doubt) {
        guard case .perform(let commands) = line, now < changed + Self.settling else { return }
        for case .yes(let number) in commands {
            // No call has ever had the number: it is the session's.
            if let number, number > lastCall { continue }
            let mayBeLate = callOver.map { changed < $0 + Self.lateness } ?? false
            if isPerson || mayBeLate { throw Doubt() }
        }
    }
}
