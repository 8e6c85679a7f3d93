/// Why a code, a link or a file is no invitation.
public enum InvitationError: Error, Hashable, Sendable {
    /// A code has twelve symbols besides hyphens and spaces; this many were there.
    case wrongLength(Int)
    /// A character that is no symbol, and its place among the symbols, counted from 1.
    case invalidCharacter(Character, position: Int)
    /// All twelve are symbols, but they do not belong together: one was mistyped, or two were swapped.
    case checkFailed
    /// Not `https://RELAY/j/LOOKUP#SECRET`.
    case malformedLink
    /// Longer than any invitation, not JSON, or a field is missing or malformed.
    case malformedFile
    /// A file of a later version than this program knows.
    case unsupportedVersion(Int)
    /// The file's secret is sealed: its password is needed.
    case passwordNeeded
    case wrongPassword
    /// Argon2id could not have the memory the file asks for.
    case outOfMemory
}

extension InvitationError: CustomStringConvertible {
    /// A sentence for the person who typed it.
    public var description: String {
        switch self {
        case .wrongLength(let count):
            "An invitation code has 12 characters, as in XXXXXX-XXXXXX; this one has \(count)."
        case .invalidCharacter(let character, let position):
            "Character \(position) of the code, “\(Character.printable(character))”, cannot be part of one: "
                + "look at it again."
        case .checkFailed: "One character of the code is mistyped, or two are swapped: compare it again."
        case .malformedLink: "This is no invitation link: ask for it to be sent again."
        case .malformedFile: "This is no invitation file, or it was damaged on its way: ask for it to be sent again."
        case .unsupportedVersion: "This invitation was made by a newer version: update this program."
        case .passwordNeeded: "This invitation file is protected by a password."
        case .wrongPassword: "That is not the password of this invitation file, or the file was changed."
        case .outOfMemory: "There is not enough memory to open this invitation file."
        }
    }
}

extension Character {
    /// The character, or a placeholder where it would move the cursor or the text around it.
    fileprivate static func printable(_ character: Character) -> Character {
        character.unicodeScalars.allSatisfy(PlainText.isPlain) ? character : "\u{FFFD}"
    }
}
