import Mail
import Rendezvous

/// The guided start: one question after the other, until it is clear which command is meant.
///
/// It reads no terminal and no file: `step` says what is to be done next, `answer` takes the line that a person typed, and `found`
/// what was under a path. An answer that is none is explained, and the question asked again, as often as it takes.
public struct GuidedStart: Hashable, Sendable {
    public enum Step: Hashable, Sendable {
        case ask(GuideQuestion)
        /// Look which of these paths is there, the first one first; then call `found`.
        case look([String])
        case run(GuidedCommand)
        /// The person does not want to.
        case leave
        /// Nothing is left that the policy allows; the sentence says so.
        case refuse(String)
    }

    enum State: Hashable, Sendable {
        /// Get help, or help somebody?
        case purpose
        /// How shall the helper get the invitation?
        case way
        /// Where is its file to be saved?
        case file
        case lookingForRoom(String)
        /// There is a file already: may it be replaced?
        case replacing(String)
        /// To whom is it to be mailed?
        case address
        /// Is the file to have a password?
        case locking(GuideTask.Way)
        /// Which contact is to be rung, or offered help?
        case contact(isOffer: Bool)
        /// What was the helper given?
        case form
        case invitation(GuideForm)
        case lookingForInvitation([String], GuideForm)
        /// This is what the file says: is that meant?
        case confirming(GuideTask, [String])
        /// Where do the two meet?
        case relay(GuideTask)
        /// Is that relay to be remembered?
        case keeping(GuideTask, RelayURL)
        case decided(GuideTask, at: RelayURL?, isKept: Bool = false)
        case left
        case refused(String)
    }

    let situation: GuideSituation
    var state: State
    /// The questions before, for whoever wants to go back.
    private var past: [State] = []
    /// What is to be said before the question is asked again.
    var remark: String?

    /// Bytes of the longest answer: what a terminal gives in one line.
    static let longestAnswer = 4096
    static let wordsForLeaving: Set = ["q", "quit", "exit", "leave", "cancel", "bye"]
    static let wordsForBack: Set = ["b", "back"]

    public init(in situation: GuideSituation) {
        self.situation = situation
        state = situation.nothingIsAllowed.map { State.refused($0) } ?? .purpose
    }

    public var step: Step {
        switch state {
        case .purpose, .way, .file, .replacing, .address, .locking, .contact, .form, .invitation, .confirming, .relay, .keeping:
            var question = question
            if let remark { question.remarks = [remark] + question.remarks.filter { $0 != remark } }
            question.canGoBack = !past.isEmpty
            return .ask(question)
        case .lookingForRoom(let path): return .look([path])
        case .lookingForInvitation(let paths, _): return .look(paths)
        case .decided(let task, let relay, let isKept): return .run(GuidedCommand(task, at: relay, isKept: isKept, in: situation))
        case .left: return .leave
        case .refused(let sentence): return .refuse(sentence)
        }
    }

    // MARK: What the person says

    /// Takes a line, without its end. Ctrl-D is `leave`.
    public mutating func answer(_ line: String) {
        guard case .ask(let question) = step else { return }
        remark = nil
        let text = line.trimmed
        guard text.utf8.count <= Self.longestAnswer else { return remark = "That is too long to be an answer." }
        if text.isEmpty || text == "?" { return }
        if Self.wordsForLeaving.contains(text.lowercased()) { return state = .left }
        if Self.wordsForBack.contains(text.lowercased()) {
            if let before = past.popLast() { state = before }
            return
        }
        if question.choices.isEmpty, question.withheld.isEmpty { return take(text) }
        switch question.choice(for: text) {
        case .chosen(let choice): take(choice)
        case .withheld(let why): remark = why
        case .none(let why):
            switch state {
            // Whoever has the invitation at hand gives it wherever they are asked.
            case .purpose, .form: if !takeInvitation(text) { remark = why }
            case .relay: if Int(text) == nil { take(text) } else { remark = why }
            case .way, .file, .replacing, .address, .locking, .contact, .invitation, .confirming, .keeping, .lookingForRoom, .lookingForInvitation,
                .decided, .left, .refused:
                remark = why
            }
        }
    }

    public mutating func leave() { state = .left }

    private mutating func take(_ text: String) {
        switch state {
        case .file: state = .lookingForRoom(TypedPath(text, home: situation.home).meant)
        case .address:
            guard let address = MailAddress(text) else { return remark = "“\(text.printable)” is no e-mail address. Write it like ann@example.org." }
            guard !(situation.mailOpensProgram && address.isUnusual) else {
                return remark = "Your mail program may misunderstand that address: save a file instead (b goes back), and send it yourself."
            }
            advance(to: .locking(.mail(address)))
        case .invitation(let form):
            switch TypedInvitation(text, form: form, home: situation.home) {
            case .held(let argument, let relay): accept(argument, at: relay)
            case .paths(let paths): state = .lookingForInvitation(paths, form)
            case .none(let why): remark = why
            }
        case .relay(let task):
            guard let relay = RelayURL(asWritten: text) else { return remark = RelayURL.howToWrite(text.printable) }
            if let refusal = situation.refusal(of: relay) { return remark = refusal }
            meet(at: relay, for: task)
        case .purpose, .way, .replacing, .locking, .contact, .form, .confirming, .keeping, .lookingForRoom, .lookingForInvitation, .decided, .left,
            .refused:
            return
        }
    }

    private mutating func take(_ choice: GuideChoice.Meaning) {
        switch (choice, state) {
        case (.getHelp, _): advance(to: .way)
        case (.giveHelp, _): advance(to: .form)
        case (.byCode, _): decide(.share(.code))
        case (.byFile, _): advance(to: .file)
        case (.byMail, _): advance(to: .address)
        case (.ring, _): advance(to: .contact(isOffer: false))
        case (.offer, _): advance(to: .contact(isOffer: true))
        case (.contact(let contact), .contact(let isOffer)):
            if let refusal = situation.refusal(of: contact.relay) { return remark = refusal }
            advance(to: .decided(isOffer ? .offer(contact) : .ring(contact), at: nil))
        case (.open(let form), _): advance(to: .invitation(form))
        case (.relay(let relay), .relay(let task)): meet(at: relay, for: task)
        case (.yes, .keeping(let task, let relay)): advance(to: .decided(task, at: relay, isKept: true))
        case (.no, .keeping(let task, let relay)): advance(to: .decided(task, at: relay))
        case (.yes, .replacing(let path)): advance(to: .locking(.file(path)))
        case (.yes, .locking(let way)): decide(.share(way, hasPassword: true))
        case (.no, .locking(let way)): decide(.share(way))
        case (.yes, .confirming(let task, _)): advance(to: .decided(task, at: nil))
        case (.no, _): if let before = past.popLast() { state = before }
        case (.relay, _), (.contact, _), (.yes, _): return
        }
    }

    // MARK: What lies under a path

    public mutating func found(_ file: FoundFile) {
        switch state {
        case .lookingForRoom(let path):
            state = .file
            // A name without our suffix may have been a folder's. It is no other file's: that one is not to be written over.
            let isOurs = path.lowercased().hasSuffix(TypedPath.suffix)
            switch file {
            case .nothing(let hasFolder):
                guard hasFolder, !path.hasSuffix("/") else {
                    return remark = "There is no folder for “\(path.printable)”: name a file in one that is there."
                }
                if isOurs { advance(to: .locking(.file(path))) } else { state = .lookingForRoom(path + TypedPath.suffix) }
            case .folder(let folder): state = .lookingForRoom(TypedPath.join(folder, GuideTask.usualName))
            case .contents, .unreadable:
                if isOurs { advance(to: .replacing(path)) } else { state = .lookingForRoom(path + TypedPath.suffix) }
            }
        case .lookingForInvitation(let paths, let form):
            state = .invitation(form)
            switch file {
            case .nothing: remark = "There is no file “\((paths.last ?? "").printable)” here. Drag it into this window, or write its whole path."
            case .folder(let folder): remark = "“\(folder.printable)” is a folder: name the file that is in it."
            case .unreadable(_, let why): remark = why
            case .contents(let path, let bytes):
                switch PaperInvitation(bytes, path: path, in: situation) {
                case .usable(let sentences): advance(to: .confirming(.join(TypedPath.asArgument(path)), sentences))
                case .unusable(let why): remark = why
                }
            }
        case .purpose, .way, .file, .replacing, .address, .locking, .contact, .form, .invitation, .confirming, .relay, .keeping, .decided, .left,
            .refused:
            return
        }
    }

    // MARK: On

    private mutating func advance(to next: State) {
        past.append(state)
        state = next
    }

    /// The relay is the last question, where it is one.
    private mutating func decide(_ task: GuideTask) {
        advance(to: situation.usableRelay == nil ? .relay(task) : .decided(task, at: nil))
    }

    /// One that is configured, and that the policy does not allow, is not replaced.
    private mutating func meet(at relay: RelayURL, for task: GuideTask) {
        advance(to: situation.relay == nil ? .keeping(task, relay) : .decided(task, at: relay))
    }

    /// - Parameter relay: the one that a link names.
    private mutating func accept(_ argument: String, at relay: RelayURL?) {
        guard let relay else { return decide(.join(argument)) }
        if let refusal = situation.refusal(of: relay) { return remark = refusal }
        advance(to: .decided(.join(argument), at: nil))
    }

    /// - Returns: false when the text is no code, no link and no path.
    private mutating func takeInvitation(_ text: String) -> Bool {
        switch TypedInvitation(text, form: .code, home: situation.home) {
        case .held(let argument, let relay): accept(argument, at: relay)
        case .paths(let paths): advance(to: .lookingForInvitation(paths, .file))
        case .none: return false
        }
        return true
    }
}
