@testable import ConnectService
import Foundation
import NetPrimitives
import Rendezvous
import Testing

@Suite("Who answers HTTP where nobody can be")
struct PortalCheckTests {
    @Test("a page, the way to one, and 511 are a sign-in page; anything else is somebody in between", arguments: [
        ("200 OK", nil, .portal(Portal(place: nil))), ("511 Network Authentication Required", nil, .portal(Portal(place: nil))),
        ("302 Found", "http://hotel.example/", .portal(Portal(place: "http://hotel.example/"))),
        ("403 Forbidden", nil, .proxy(status: 403)), ("502 Bad Gateway", nil, .proxy(status: 502)),
        ("503 Service Unavailable", "http://x.example/", .proxy(status: 503)), ("504 Gateway Timeout", nil, .proxy(status: 504)),
    ] as [(String, String?, Interceptor)])
    func answers(status: String, location: String?, expected: Interceptor) async throws {
        let head = "HTTP/1.1 \(status)\r\n\(location.map { "Location: \($0)\r\n" } ?? "")Content-Length: 2\r\n\r\nhi"
        #expect(try await check(.says(head)) == expected)
    }

    @Test("how long the page is does not matter, nor whether it ever ends")
    func longPage() async throws {
        let endless = "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + String(repeating: "x", count: 2 << 20)
        #expect(try await check(.says(endless)) == .portal(Portal(place: nil)))
    }

    @Test("who speaks no HTTP, or nothing, is nobody", arguments: [TCPBehaviour.says("SSH-2.0-OpenSSH_9.2p1\r\n"), .resets])
    func others(behaviour: TCPBehaviour) async throws {
        #expect(try await check(behaviour) == nil)
    }

    private func check(_ behaviour: TCPBehaviour) async throws -> Interceptor? {
        let server = try await FakeServer.tcp(behaviour)
        let trust = RelayTrust(try #require(RelayURL("http://127.0.0.1:9")), say: { _ in })
        let endpoint = RelayEndpoint(isSecure: false, host: "127.0.0.1", port: server.address.port)
        let answer = await PortalCheck(trust: trust, loop: FakeServer.loop).run(asking: endpoint, within: .seconds(40))
        await server.close()
        return answer
    }
}
