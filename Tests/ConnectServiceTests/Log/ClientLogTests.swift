@testable import ConnectService
import Foundation
import Logging
import Rendezvous
import Synchronization
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

    /// Keeps what is written down.
    private struct Diary: LogHandler {
        final class Pages: Sendable {
            private let lines = Mutex<[String]>([])
            var text: String { lines.withLock { $0.joined(separator: "\n") } }
            func write(_ line: String) { lines.withLock { $0.append(line) } }
        }

        let pages: Pages
        var logLevel: Logger.Level { get { .trace } set {} }
        var metadata: Logger.Metadata = [:]
        subscript(metadataKey key: String) -> Logger.Metadata.Value? { get { metadata[key] } set { metadata[key] = newValue } }
        func log(event: LogEvent) { pages.write("\(event.message) \(event.metadata ?? [:])") }
    }

    @Test("what the two sides tell each other is written down without credentials and without what people say")
    func signals() {
        let pages = Diary.Pages()
        let log = Logger(label: "path") { _ in Diary(pages: pages) }
        let payloads: [PeerPayload] = [
            .description(
                PeerDescription(name: "Anna-Maria", fingerprint: "sha-256 AB:CD", usernameFragment: "ufragment", password: "open-sesame")),
            .restart(generation: 3, usernameFragment: "ufragment", password: "open-sesame"),
            .candidate(line: "candidate:1 1 udp 2130706431 192.168.1.10 5000 typ host", isMapped: false, generation: 3),
            .endOfCandidates(generation: 3), .bye(reason: "open-sesame"),
        ]
        for payload in payloads {
            log.note(payload, of: "their")
            log.note(.signal(payload))
        }
        log.note(.message(.control, Array("open-sesame".utf8)))
        log.note(.message(.path, Array("open-sesame".utf8)))
        #expect(pages.text.contains("192.168.1.10 5000") && pages.text.contains("begins anew"))
        for secret in ["open-sesame", "ufragment", "Anna", "AB:CD"] { #expect(!pages.text.contains(secret), "\(secret)") }
    }

    @Test("a proxy is named without its name and password")
    func secrets() throws {
        let route = StreamRoute.proxy(try #require(HTTPProxy("http://anna:open-sesame@192.168.0.1:3128")))
        #expect("\(route)" == "proxy 192.168.0.1:3128" && "\(StreamRoute.direct)" == "direct")
    }
}
