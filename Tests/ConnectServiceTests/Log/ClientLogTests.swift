@testable import ConnectService
import Foundation
import Logging
import Testing

@Suite("What is written down for whoever looks for a fault")
struct ClientLogTests {
    @Test("a message is one line, and steers no terminal")
    func line() {
        let line = ClientLogHandler(part: "relay").line(
            .debug, "asked", ["why": "a\nb\u{1B}[2J", "by": "direct"], at: Date(timeIntervalSince1970: 0.25))
        #expect(line.hasSuffix(":00.250 debug relay: asked by=direct why=a\u{FFFD}b\u{FFFD}[2J"), "\(line)")
    }

    @Test("nothing is written until a program says how much")
    func silent() {
        #expect(ClientLogHandler(part: "relay").logLevel == .critical)
    }

    @Test("a proxy is named without its name and password")
    func secrets() throws {
        let route = StreamRoute.proxy(try #require(HTTPProxy("http://anna:open-sesame@192.168.0.1:3128")))
        #expect("\(route)" == "proxy 192.168.0.1:3128" && "\(StreamRoute.direct)" == "direct")
    }
}
