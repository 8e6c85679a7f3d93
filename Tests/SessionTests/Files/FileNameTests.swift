import Session
import TestSupport
import Testing

@Suite("names of files that somebody else has chosen")
struct FileNameTests {
    @Test(
        "are made harmless",
        arguments: [
            ("report.pdf", "report.pdf"), ("Büro – 2026.odt", "Büro – 2026.odt"), ("写真.jpg", "写真.jpg"),
            ("../../etc/passwd", "passwd"), ("C:\\Users\\x\\a.txt", "a.txt"), ("/", "file"), ("", "file"), ("..", "file"),
            (".bashrc", "bashrc"), ("...x", "x"), ("a.txt.", "a.txt"), (" a ", "a"), ("a\u{0}b\nc", "a b c"),
            ("exe\u{202E}fdp.scr", "exe fdp.scr"), ("a\u{200B}b\u{FEFF}", "ab"), ("a<b>:c|d?e*\"", "a_b__c_d_e__"),
            ("CON", "_CON"), ("nul.txt", "_nul.txt"), ("com1.log", "_com1.log"), ("com10.log", "com10.log"),
            ("console.txt", "console.txt"), ("lpt¹", "_lpt¹"), ("/\u{200D}../\u{200D}../\u{200D}.bashrc", "bashrc"),
            ("x/\u{301}y", "y"), (".\u{FE0F}bashrc", "bashrc"), ("a\\\u{301}b", "b"), ("<\u{301}a", "_\u{301}a"),
            ("a.pdf” (2 KB). “b", "a.pdf_ (2 KB). _b"), ("a.pdf\u{3164}\u{2800}  \u{2003} .exe", "a.pdf .exe"),
        ])
    func harmless(name: String, kept: String) { #expect(FileName(name).text == kept) }

    @Test("keep their ending when they are too long, and stay within their bound")
    func long() {
        let name = FileName(String(repeating: "é", count: 300) + ".tar")
        #expect(name.text.utf8.count <= FileName.maximumBytes && name.text.hasSuffix("é.tar"))
        #expect(FileName(String(repeating: "a", count: 300)).text.utf8.count == FileName.maximumBytes)
        // One letter with more accents than a name has bytes.
        let heap = FileName("a" + String(repeating: "\u{301}", count: 500) + ".txt").text
        #expect(heap == "txt" || heap.hasSuffix(".txt"))
    }

    @Test("are the same when they are made harmless again")
    func stable() {
        for name in ["CON", "a. . .", ".. . x", String(repeating: "é.", count: 200), "com1", "x\u{202E}"] {
            let once = FileName(name).text
            #expect(FileName(once).text == once, "\(name)")
        }
    }

    @Test("lead nowhere, whatever is put together")
    func mixed() {
        let parts = ["/", "\\", ".", "..", "\u{301}", "\u{200D}", "\u{FE0F}", " ", "a", "\u{202E}", "CON", "é", "”", "\u{3164}", ":"]
        var random = SplitMix64(seed: 20261121)
        for _ in 0..<20_000 {
            let name = (0..<Int.random(in: 0...6, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
            let text = FileName(name).text
            #expect(!text.utf8.contains(0x2F) && !text.utf8.contains(0x5C) && text.utf8.first != 0x2E && !text.isEmpty, "\(name.debugDescription)")
            #expect(FileName(text).text == text, "\(name.debugDescription)")
        }
    }

    @Test("get a number before their ending")
    func numbered() {
        #expect(FileName("a.txt").numbered(2) == "a (2).txt")
        #expect(FileName("README").numbered(3) == "README (3)")
        #expect(FileName("v1.2 of the long description").numbered(2) == "v1.2 of the long description (2)")
    }
}
