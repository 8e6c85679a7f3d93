import Session
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
            ("console.txt", "console.txt"), ("lpt¹", "_lpt¹"),
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

    @Test("get a number before their ending")
    func numbered() {
        #expect(FileName("a.txt").numbered(2) == "a (2).txt")
        #expect(FileName("README").numbered(3) == "README (3)")
        #expect(FileName("v1.2 of the long description").numbered(2) == "v1.2 of the long description (2)")
    }
}
