/// What whoever is asked must know beside the question: how the other side was recognised, what to beware of, and until when
/// an answer counts.
public struct ConsentNotice: Hashable, Sendable {
    public var verified = SessionEventLine.Verification.code
    /// An administrator's words, in place of ours, before the yes to view and before the yes to control.
    public var warningBeforeView: String?
    public var warningBeforeControl: String?
    /// Silence for this long is a no.
    public var answer = SessionLimits().answer

    public init(warningBeforeView: String? = nil, warningBeforeControl: String? = nil) {
        self.warningBeforeView = warningBeforeView
        self.warningBeforeControl = warningBeforeControl
    }

    /// Before the first yes to somebody who is no contact.
    static let strangers = """
        Beware: swindlers ring up, or put a number on a web page, and say that they are support and that your computer is in \
        danger. Nobody serious does that. Say yes only if you wanted this help yourself and know who is there.
        """

    /// What is said before the question; nil when nothing is.
    func warning(before kind: Capability) -> String? {
        switch kind {
        case .view: warningBeforeView ?? (verified == .contact ? nil : Self.strangers)
        case .control: warningBeforeControl
        case .file, .clipboard, .tcp: nil
        }
    }
}
