import Rendezvous

/// One question to a person: what to know before, what is asked, and what can be chosen where it is not a text that is asked for.
public struct GuideQuestion: Hashable, Sendable {
    /// What has to be said first: what was wrong with the last answer, what the policy forbids, what to keep to oneself.
    var remarks: [String] = []
    var text: String
    /// In the order of their numbers, from 1.
    var choices: [GuideChoice] = []
    /// What cannot be chosen here, and why.
    var withheld: [GuideChoice] = []
    /// How to answer.
    var hint = ""
    var canGoBack = false

    init(_ text: String, remarks: [String] = [], hint: String) {
        self.text = text
        self.remarks = remarks
        self.hint = hint
    }

    init(_ text: String, remarks: [String] = [], among all: [GuideChoice]) {
        self.text = text
        choices = all.filter { $0.refusal == nil }
        withheld = all.filter { $0.refusal != nil }
        self.remarks = remarks + withheld.compactMap(\.refusal)
    }

    enum Match: Hashable {
        case chosen(GuideChoice.Meaning)
        case withheld(String)
        case none(String)
    }

    /// A number, a word, or the beginning of a word that no other choice has.
    func choice(for answer: String) -> Match {
        let word = answer.lowercased()
        // “2.” and “(2)” are what people write who mean 2.
        let digits = word.trimmingPrefix("(").prefix { $0 != "." && $0 != ")" }
        if let number = UInt16(digits).map(Int.init) {
            guard choices.indices.contains(number - 1) else { return .none("There is no \(number) here: \(instruction).") }
            return .chosen(choices[number - 1].meaning)
        }
        let all = choices + withheld
        let exact = all.filter { $0.words.contains(word) }
        let matches = exact.isEmpty ? all.filter { $0.words.contains { $0.hasPrefix(word) } } : exact
        guard let match = matches.first, matches.count == 1 else {
            let which = matches.isEmpty ? "is none of these" : "could be more than one of these"
            return .none("“\(answer.printable)” \(which): \(instruction).")
        }
        return match.refusal.map(Match.withheld) ?? .chosen(match.meaning)
    }

    private var instruction: String {
        let words = choices.map { "“\($0.word)”" }.joined(separator: ", ")
        return choices.count == 1 ? "type 1 or \(words)" : "type a number from 1 to \(choices.count), or \(words)"
    }
}

extension GuideQuestion: CustomStringConvertible {
    /// What a terminal shows.
    public var description: String {
        var parts = (remarks + [text]).map { $0.wrapped() }
        if !choices.isEmpty {
            let width = choices.map(\.word.count).max() ?? 0
            parts.append(
                choices.enumerated().map { index, choice in
                    let padding = String(repeating: " ", count: width - choice.word.count)
                    return "  \(index + 1)  \(choice.word)\(padding)  \(choice.title)".trimmed(leading: false)
                }.joined(separator: "\n"))
        }
        let how = choices.isEmpty ? hint : "Type a number or a word, then Enter."
        parts.append("\(how) \(canGoBack ? "b goes back, q leaves." : "q leaves.")".wrapped())
        return parts.joined(separator: "\n\n")
    }
}

/// One of the answers that can be chosen.
struct GuideChoice: Hashable, Sendable {
    enum Meaning: Hashable, Sendable {
        case getHelp, giveHelp, byCode, byFile, byMail
        case open(GuideForm)
        case relay(RelayURL)
        case ring, offer
        case contact(PersonAddress)
        case yes, no
    }

    let meaning: Meaning
    /// What is shown beside the number, and can be typed.
    let word: String
    /// What it means.
    let title: String
    /// All that can be typed, in small letters.
    let words: [String]
    /// Why it cannot be chosen here; nil when it can.
    let refusal: String?

    init(_ meaning: Meaning, _ word: String, _ title: String, also others: [String] = [], unless refusal: String? = nil) {
        self.meaning = meaning
        self.word = word
        self.title = title
        words = [word.lowercased()] + others
        self.refusal = refusal
    }
}

extension String {
    /// Without the spaces around it.
    var trimmed: String { trimmed(leading: true) }

    func trimmed(leading: Bool) -> String {
        var rest = Substring(self)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(leading ? rest.drop(while: \.isWhitespace) : rest)
    }
}
