/// Text that somebody else wrote and a person will read: bounded, and without characters that steer a terminal.
enum PlainText {
    /// Whether the scalar prints in place: no control, no bidirectional or invisible formatting, no separator.
    static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .privateUse: false
        default: true
        }
    }

    /// Whether `text` is plain and at most `limit` UTF-8 bytes; line feeds and tabs only where they are allowed.
    static func accepts(_ text: String, limit: Int, lines: Bool = false) -> Bool {
        text.utf8.count <= limit
            && text.unicodeScalars.allSatisfy {
                // A zero-width joiner holds one emoji together and moves nothing.
                isPlain($0) || $0 == "\u{200D}" || lines && ($0 == "\n" || $0 == "\t")
            }
    }

    /// `text` with everything that is not plain left out, cut to at most `limit` bytes.
    static func cleaned(_ text: String, limit: Int, lines: Bool = false) -> String {
        var result = ""
        var size = 0
        for character in text {
            guard accepts(String(character), limit: limit, lines: lines) else { continue }
            size += character.utf8.count
            if size > limit { break }
            result.append(character)
        }
        return result
    }
}
