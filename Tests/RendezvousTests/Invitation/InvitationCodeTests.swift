import Rendezvous
import Testing

@Suite("The spoken code")
struct InvitationCodeTests {
    static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    static func code(seed: UInt64) -> String {
        var random = SeededRandom(seed: seed)
        return InvitationCode(lookup: .random(using: &random), key: .randomCode(using: &random)).exposedText
    }

    @Test("a code reads back as itself and looks like XXXXXX-XXXXXX", arguments: 0..<50 as Range<UInt64>)
    func roundTrip(_ seed: UInt64) throws {
        let text = Self.code(seed: seed)
        #expect(text.count == 13 && text.dropFirst(6).first == "-")
        let code = try InvitationCode(parsing: text)
        #expect(code.exposedText == text)
        #expect(code.lookup.text == text.prefix(6))
        #expect(code.key.kind == .code)
        #expect(!"\(code)".contains(text.suffix(6)))
    }

    @Test("the check symbol of a known code does not change")
    func golden() throws {
        #expect(try InvitationCode(parsing: "000000-000000").lookup.text == "000000")
        // 1 followed by ten zeros: α¹¹ = x² + x + 1 = 7 in GF(32) with x⁵ + x² + 1.
        #expect(try InvitationCode(parsing: "100000-000007").lookup.text == "100000")
        // A lone 1 before the check: α.
        #expect(try InvitationCode(parsing: "000000-000012").lookup.text == "000000")
    }

    @Test("every wrong symbol, everywhere, is caught", arguments: 0..<20 as Range<UInt64>)
    func singleErrors(_ seed: UInt64) {
        let symbols = Array(Self.code(seed: seed).filter { $0 != "-" })
        for index in symbols.indices {
            for wrong in Self.alphabet where wrong != symbols[index] {
                var typed = symbols
                typed[index] = wrong
                #expect(throws: InvitationError.checkFailed) { try InvitationCode(parsing: String(typed)) }
            }
        }
    }

    @Test("every two different symbols swapped, neighbours or not, are caught", arguments: 0..<50 as Range<UInt64>)
    func transpositions(_ seed: UInt64) {
        let symbols = Array(Self.code(seed: seed).filter { $0 != "-" })
        for first in symbols.indices {
            for second in symbols.indices.dropFirst(first + 1) where symbols[first] != symbols[second] {
                var typed = symbols
                typed.swapAt(first, second)
                #expect(throws: InvitationError.checkFailed) { try InvitationCode(parsing: String(typed)) }
            }
        }
    }

    @Test("case, look-alikes, hyphens and spaces are forgiven")
    func forgiving() throws {
        let text = Self.code(seed: 3)
        let bare = text.filter { $0 != "-" }
        let expected = try InvitationCode(parsing: text)
        let spellings = [
            bare, text.lowercased(), " \(text)\n", bare.map(String.init).joined(separator: " "),
            bare.map(String.init).joined(separator: "-"), text.replacing("-", with: "\u{2013}"),
            text.replacing("-", with: "\u{2011}"), text.replacing("-", with: "\u{A0}"),
            text.replacing("0", with: "o"), text.replacing("1", with: "l"), text.replacing("1", with: "I"),
        ]
        for spelling in spellings { #expect(try InvitationCode(parsing: spelling) == expected) }
        #expect(try InvitationCode(parsing: "OoOoOo-oooooo").lookup.text == "000000")
        #expect(try InvitationCode(parsing: "LOOOOO-OOOOO7").lookup.text == "100000")
        #expect(try InvitationCode(parsing: "iooooo-ooooo7").lookup.text == "100000")
    }

    @Test(
        "what is no code says why",
        arguments: [
            ("", InvitationError.wrongLength(0)), ("ABC", .wrongLength(3)), ("000000-0000000", .wrongLength(13)),
            ("00000U-000000", .invalidCharacter("U", position: 6)),
            ("000000-00000!", .invalidCharacter("!", position: 12)),
            ("000é00-000000", .invalidCharacter("é", position: 4)),
            ("0\u{0}0000-000000", .invalidCharacter("\u{0}", position: 2)),
            ("000000-000001", .checkFailed),
        ])
    func malformed(_ text: String, _ error: InvitationError) {
        #expect(throws: error) { try InvitationCode(parsing: text) }
        #expect(!error.description.contains("\u{0}"))
    }

    @Test("a megabyte of hyphens is refused at once")
    func long() {
        #expect(throws: InvitationError.self) {
            try InvitationCode(parsing: String(repeating: "-", count: 1 << 20))
        }
    }
}
