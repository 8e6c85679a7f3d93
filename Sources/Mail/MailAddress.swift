/// One e-mail address, as a person types it: `ann@example.org` (RFC 5321 section 4.1.2, without its rarities).
///
/// No display name, no quoted local part, no comment: nothing in it can end a header, a command of SMTP or an argument, nor look
/// like an option.
public struct MailAddress: Sendable, Hashable {
    public let localPart: String
    public let domain: String

    /// RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3.
    private static let longestLocalPart = 64, longest = 254

    /// Nil for anything else.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.longest, parts.count == 2, let first = parts[0].first, first != UInt8(ascii: "-"),
            parts[0].count <= Self.longestLocalPart, Self.isDotted(parts[0], of: Self.isAtomText),
            Self.isDotted(parts[1], of: Self.isLabelText),
            parts[1].split(separator: UInt8(ascii: ".")).allSatisfy({ $0.first != UInt8(ascii: "-") && $0.last != UInt8(ascii: "-") })
        else { return nil }
        localPart = String(decoding: parts[0], as: UTF8.self)
        domain = String(decoding: parts[1], as: UTF8.self)
    }

    private static func isDotted(_ text: some Collection<UInt8>, of isAllowed: (UInt8) -> Bool) -> Bool {
        text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && $0.allSatisfy(isAllowed) }
    }

    /// atext of RFC 5322 section 3.2.3.
    private static func isAtomText(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte) }

    private static func isLabelText(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) || byte == UInt8(ascii: "-") }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}

extension MailAddress {
    /// Whether it has a character that means something to a shell, a URL or a mail program.
    public var isUnusual: Bool { localPart.utf8.contains { !(Self.isLetterOrDigit($0) || "._+-=~".utf8.contains($0)) } }
}

extension MailAddress: CustomStringConvertible {
    public var description: String { "\(localPart)@\(domain)" }
}
