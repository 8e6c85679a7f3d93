/// A word of a command line, as a POSIX shell reads and writes it (XCU section 2.2).
enum ShellWord {
    /// The word between apostrophes, where the shell would read more into it.
    static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9": true
            default: "-_./:@%+,=".unicodeScalars.contains(scalar)
            }
        }
        return isPlain ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }

    /// What a shell would make of a text: without quotes and backslashes. Spaces stay where they are, for a person may have written
    /// them without either. Nil when a quote or a backslash has no end, so that they are no shell's.
    static func unquoted(_ text: String) -> String? {
        var result = String.UnicodeScalarView()
        var quote: Unicode.Scalar?
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                // Between quotation marks a backslash escapes these alone.
                if quote == "\"", !"\"\\$`".unicodeScalars.contains(scalar) { result.append("\\") }
                result.append(scalar)
                isEscaped = false
            } else if scalar == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if scalar == open { quote = nil } else { result.append(scalar) }
            } else if scalar == "'" || scalar == "\"" {
                quote = scalar
            } else {
                result.append(scalar)
            }
        }
        return quote == nil && !isEscaped ? String(result) : nil
    }
}
