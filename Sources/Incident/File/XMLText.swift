/// The characters of an XML document that came as bytes.
enum XMLText {
    /// The document without its byte order mark and without its declaration, whose `encoding="Unicode"` no parser knows; nil when
    /// it declares anything of its own: entities have no place in an invitation, and a bomb would be made of them.
    static func decode(_ bytes: [UInt8]) -> String? {
        var text = characters(bytes)
        if text.hasPrefix("<?xml") {
            guard let end = text.firstRange(of: "?>") else { return nil }
            text.removeSubrange(..<end.upperBound)
        }
        return isPlain(text) ? text : nil
    }

    /// Whether nothing is declared in it, by a second declaration in another encoding neither.
    static func isPlain(_ text: String) -> Bool { !text.contains("<!") && !text.contains("<?") }

    private static func characters(_ bytes: [UInt8]) -> String {
        switch (bytes.first, bytes.dropFirst().first) {
        case (0xFF, 0xFE): utf16(bytes.dropFirst(2), low: 0)
        case (0xFE, 0xFF): utf16(bytes.dropFirst(2), low: 1)
        case (_?, 0): utf16(bytes[...], low: 0)
        case (0xEF, 0xBB): String(decoding: bytes.dropFirst(3), as: UTF8.self)
        default: String(decoding: bytes, as: UTF8.self)
        }
    }

    /// UTF-16 of which each pair has its low byte at `low`; a last half of a pair is left out.
    static func utf16(_ bytes: ArraySlice<UInt8>, low: Int) -> String {
        let units = stride(from: bytes.startIndex, to: bytes.endIndex - 1, by: 2).map {
            UInt16(bytes[$0 + low]) | UInt16(bytes[$0 + 1 - low]) << 8
        }
        return String(decoding: units, as: UTF16.self)
    }

    /// A value between quotation marks.
    static func escaped(_ text: String) -> String {
        // By code points: a quotation mark stays one with a combining mark behind it.
        text.unicodeScalars.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(character)
            }
        }
    }
}
