import Session
import Testing

@Suite("where a lent connection leads")
struct DestinationTests {
    @Test(
        "is read as a host and a port",
        arguments: [("localhost:22", "localhost", 22), ("10.0.0.1:3389", "10.0.0.1", 3389), ("[::1]:80", "::1", 80)] as [(String, String, UInt16)])
    func read(text: String, host: String, port: UInt16) {
        let destination = Destination(text)
        #expect(destination?.host == host && destination?.port == port)
        #expect(destination?.description == text)
    }

    @Test("is the same in capital letters")
    func letters() { #expect(Destination("Printer.LAN:80") == Destination("printer.lan:80")) }

    @Test("is nothing else", arguments: ["", ":22", "host", "host:0", "host:65536", "::1:80", "a b:1", "h\u{E9}:1", "host:"])
    func refused(text: String) { #expect(Destination(text) == nil) }
}
