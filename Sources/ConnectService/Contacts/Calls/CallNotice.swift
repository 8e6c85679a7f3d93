import Rendezvous
import Session

/// A call as the desktop shows it: what is asked and by whom in our words, and apart from them what the caller has typed, which is to
/// pass for none of ours.
struct CallNotice: Hashable, Sendable {
    let title: String
    /// What is asked, and whose key asks.
    let question: String
    /// In quotation marks, on one line, cut short; nil when they have typed nothing.
    let message: String?

    /// - Parameters:
    ///   - from: the address, as the contacts or the relay have it.
    ///   - ceiling: the most that a yes to a ring or an offer comes to.
    init(_ kind: CallKind, from: String, fingerprint: String, ceiling: Rendezvous.Ceiling?, message: String?) {
        let asked: String
        switch kind {
        case .ring:
            title = "\(from) asks for your help"
            asked = ceiling == .view ? "They ask you to see their screen." : "They ask you to see their screen, and to control it after another yes."
        case .offer:
            title = "\(from) offers to help you"
            asked = ceiling == .view ? "They offer to see your screen." : "They offer to see your screen, and to control it after another yes."
        case .request:
            title = "\(from) asks to be your contact"
            asked = "They want to become a contact, and are NOT one yet."
        }
        question = "\(asked)\nFingerprint: \(fingerprint)"
        self.message = message.map { "They write: \(ContactEvent.quoted($0))" }
    }
}
