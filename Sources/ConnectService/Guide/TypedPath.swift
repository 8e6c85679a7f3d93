import Foundation

/// A path as a person types it, pastes it, or drags a file into the terminal: between quotes, with backslashes, as a `file:` URL.
struct TypedPath: Hashable, Sendable {
    /// What may be meant, the likeliest first: a file that is called so to the letter, then what a shell would make of it.
    let candidates: [String]

    init(_ text: String, home: String) {
        let text = text.trimmed
        var candidates: [String] = []
        if text.lowercased().hasPrefix("file://"), let path = URL(string: text)?.path, !path.isEmpty {
            candidates = [path]
        } else {
            candidates = [text]
            if let unquoted = ShellWord.unquoted(text), !unquoted.isEmpty, unquoted != text { candidates.append(unquoted) }
        }
        // Between quotes a shell leaves the tilde alone.
        candidates = candidates.map { $0 == "~" || $0.hasPrefix("~/") ? home + $0.dropFirst() : $0 }
        self.candidates = candidates
    }

    /// What is meant by one that need not be there yet: what a shell would make of it.
    var meant: String { candidates[candidates.endIndex - 1] }

    /// That of our invitations.
    static let suffix = ".rainvite"

    static func join(_ folder: String, _ name: String) -> String { folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)" }

    /// A path that no program takes for an option.
    static func asArgument(_ path: String) -> String { path.hasPrefix("-") ? "./\(path)" : path }
}
