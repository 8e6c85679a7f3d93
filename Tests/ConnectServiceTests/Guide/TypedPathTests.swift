@testable import ConnectService
import Foundation
import Testing

@Suite("A path that is typed or dragged")
struct TypedPathTests {
    @Test(
        "is read with quotes, backslashes and the tilde, and as what it is to the letter",
        arguments: [
            ("/tmp/a.rainvite", ["/tmp/a.rainvite"]), ("  a b  ", ["a b"]), ("'/tmp/a b'", ["'/tmp/a b'", "/tmp/a b"]),
            ("/tmp/a\\ b", ["/tmp/a\\ b", "/tmp/a b"]), ("'/tmp/it'\\''s'", ["'/tmp/it'\\''s'", "/tmp/it's"]),
            ("\"/tmp/\\\"a\\x\"", ["\"/tmp/\\\"a\\x\"", "/tmp/\"a\\x"]), ("/tmp/it's", ["/tmp/it's"]), ("a\\", ["a\\"]), ("''", ["''"]),
            ("~/a", ["/home/ann/a"]), ("~", ["/home/ann"]), ("~bob/a", ["~bob/a"]), ("file:///tmp/a%20b", ["/tmp/a b"]),
            ("FILE://localhost/tmp/a", ["/tmp/a"]), ("file://", ["file://"]),
        ])
    func candidates(text: String, paths: [String]) {
        #expect(TypedPath(text, home: "/home/ann").candidates == paths)
    }

    @Test("is quoted so that a shell reads it back", arguments: ["", "a", "a b", "it's", "$HOME", "*", "-x", "ä", "a\"b\\c", "a#b", "~"])
    func quoted(word: String) {
        let quoted = ShellWord.quoted(word)
        #expect(ShellWord.unquoted(quoted) == word)
        #expect((quoted == word) == (word == "a" || word == "-x"))
    }

    @Test("is looked up on disk, the first candidate first")
    func found() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(Array("hello".utf8), as: "it's here")
        #expect(FoundFile(at: ["\(folder.path)/nothing", file]) == .contents(path: file, Array("hello".utf8)))
        #expect(FoundFile(at: [folder.path]) == .folder(folder.path))
        #expect(FoundFile(at: ["\(folder.path)/a"]) == .nothing(hasFolder: true))
        #expect(FoundFile(at: ["\(folder.path)/a/b"]) == .nothing(hasFolder: false))
        #expect(FoundFile(at: ["\(file)/a"]) == .nothing(hasFolder: false))
        #expect(FoundFile(at: ["surely no file of this name"]) == .nothing(hasFolder: true))
    }

    @Test("a sentence is wrapped between words, and a line to be copied is not")
    func wrapped() {
        let text = String(repeating: "word ", count: 30) + "\n  " + String(repeating: "copy ", count: 30)
        let lines = text.wrapped().split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3 && lines[0].count < 78 && lines[1].count < 78 && lines[2].count > 100)
        #expect("".wrapped() == "" && "a\n\nb".wrapped() == "a\n\nb")
    }
}
