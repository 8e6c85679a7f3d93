internal import FoundationEssentials

/// Text that a person wrote, made fit for a header: no line of it can become a header of its own.
enum HeaderText {
    /// As a sequence of encoded words of RFC 2047 when it is anything else than short plain ASCII.
    static func encoded(_ text: String) -> String {
        let plain = text.unicodeScalars.allSatisfy { (0x20...0x7E).contains($0.value) }
        // “=?” would be taken for the beginning of an encoded word (RFC 2047 section 5).
        if plain, text.utf8.count <= 60, !text.contains("=?") { return text }
        return words(text).joined(separator: "\r\n ")
    }

    /// A display name before an address: an encoded word, or a quoted string (RFC 5322 section 3.2.4).
    static func displayName(_ text: String) -> String {
        let word = encoded(text)
        guard word == text else { return word }
        return "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }

    /// An encoded word has at most 75 characters, of which 12 are its frame, a line that has one at most 76, and no character is
    /// divided (RFC 2047 sections 2 and 5). Before the first word stands the header's name.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var pending: [UInt8] = []
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if pending.count + bytes.count > (words.isEmpty ? 39 : 45) {
                words.append("=?UTF-8?B?\(Data(pending).base64EncodedString())?=")
                pending = []
            }
            pending += bytes
        }
        if !pending.isEmpty || words.isEmpty { words.append("=?UTF-8?B?\(Data(pending).base64EncodedString())?=") }
        return words
    }

    /// What is no text in a name is left out: controls, ends of lines, what turns the direction of writing.
    static func cleaned(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: continue
            default: result.append(scalar)
            }
        }
        return String(String(result).prefix(128))
    }
}
