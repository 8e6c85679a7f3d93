@testable import ConnectService
import NIOCore
import NetPrimitives
import Rendezvous
import STUN
import TURN
import Testing

@Suite("The relay's dial-back, as its client sees it")
struct DialBackTests {
    private static let nonce = TransactionID("000102030405060708090a0b")

    /// A client of a relay that answers each request with this text.
    private func client(of server: FakeServer, path: String? = "/dial-back") throws -> DialBack? {
        let url = try #require(RelayURL("http://\(server.address)"))
        let path = path.map { ",\"dial_back\":\"\($0)\"" } ?? ""
        let json = """
            {"version":1,"name":"n","realm":"r","rendezvous":"ws://h/rendezvous","web":null,"stun":[],"turn":[],\
            "probe":{"ports":[1]\(path)}}
            """
        let relay = RelayDiscovery.Relay(endpoint: url.endpoint, description: try RelayDescription(json: Array(json.utf8)))
        return DialBack(relay, at: .loopbackV4, trust: RelayTrust(url), loop: FakeServer.loop)
    }

    private func answer(_ status: String, _ json: String) -> TCPBehaviour {
        .says("HTTP/1.1 \(status)\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)")
    }

    @Test(
        "what the relay writes is read",
        arguments: [
            ("200 OK", #"{"address":"11.22.33.44","result":"open"}"#, DialBack.Outcome.open),
            ("200 OK", #"{"address":"11.22.33.44","result":"refused"}"#, .refused),
            ("200 OK", #"{"address":"11.22.33.44","result":"filtered"}"#, .filtered),
            ("200 OK", #"{"address":"11.22.33.44","result":"sent"}"#, .sent),
            ("403 Forbidden", #"{"address":"11.22.33.44","why":"No."}"#, .untested(why: "No.")),
            ("200 OK", #"{"address":"11.22.33.44","result":"new"}"#, .untested(why: "The relay did not say whether it dialled.")),
            ("200 OK", "<html>", .untested(why: "The relay did not answer when it was asked to dial back.")),
        ])
    func answers(status: String, json: String, outcome: DialBack.Outcome) async throws {
        let server = try await FakeServer.tcp(answer(status, json))
        let client = try #require(try client(of: server))
        let answer = await client.dial(.tcp, port: 3389, nonce: try #require(Self.nonce))
        #expect(answer.outcome == outcome)
        #expect(answer.address == (json.contains("address") ? IPAddress("11.22.33.44") : nil))
        await server.close()
    }

    @Test("a relay that names no page, or somebody else's, does not dial back")
    func notServed() async throws {
        let server = try await FakeServer.tcp(.swallows)
        #expect(try client(of: server, path: nil) == nil)
        #expect(try client(of: server, path: "http://elsewhere/") == nil)
        await server.close()
    }

    /// Calls a port over TCP, and waits until it hangs up.
    private func ring(_ remote: TransportAddress, saying call: [UInt8]) async throws {
        let hungUp = FakeServer.loop.makePromise(of: Void.self)
        do {
            let socket = try await StreamSocket.connect(to: remote, timeout: .seconds(60), loop: FakeServer.loop) { event in
                if case .closed = event { hungUp.succeed() }
            }
            socket.send(call, mayBeDropped: false)
        } catch {
            hungUp.fail(error)
        }
        try await hungUp.futureResult.get()
    }

    @Test("the call itself is what counts, whatever the relay says, and over both transports", arguments: [TransportProtocol.tcp, .udp])
    func reached(transport: TransportProtocol) async throws {
        let server = try await FakeServer.tcp(.swallows)
        let client = try #require(try client(of: server))
        let listener = try await CallListener.open(transport, on: .loopbackV4, loop: FakeServer.loop)
        let answered = FakeServer.loop.makePromise(of: Void.self)
        let inbound = await client.reach(transport, port: listener.local.port, within: .seconds(60)) { nonce in
            let arrival = listener.expect(nonce)
            let call = MessageBuilder(.request, .binding, transactionID: nonce).finish(fingerprint: true)
            Task {
                switch transport {
                case .tcp:
                    answered.succeed()
                    // A listener that this machine keeps too busy to read hangs up: then it is called again.
                    for _ in 0..<10 { try await ring(listener.local, saying: call) }
                case .udp:
                    let socket = try await DatagramSocket.open(on: .loopbackV4, loop: FakeServer.loop) { bytes, _, local in
                        let answer = try? Message(decoding: bytes)
                        guard answer?.transactionID == nonce, answer?[XORMappedAddress.self]?.address == local else { return }
                        answered.succeed()
                    }
                    FakeServer.loop.execute { socket.send(call, to: listener.local) }
                }
            }
            return arrival
        }
        #expect(inbound == .open)
        try await answered.futureResult.get()
        listener.close()
        await server.close()
    }

    @Test("somebody who took the call in our place is not us")
    func somebodyElse() async throws {
        let server = try await FakeServer.tcp(answer("200 OK", #"{"address":"11.22.33.44","result":"open"}"#))
        let client = try #require(try client(of: server))
        let listener = try await CallListener.open(.tcp, on: .loopbackV4, loop: FakeServer.loop)
        let inbound = await client.reach(.tcp, port: 3389, within: .seconds(60), expect: listener.expect)
        #expect(inbound == .filtered(why: "Somebody else answers at 11.22.33.44:3389."))
        let elsewhere = await client.reach(.tcp, port: 3389, seenAt: .loopbackV4, within: .seconds(60), expect: listener.expect)
        #expect(elsewhere == .untested(why: "The relay sees this computer at 11.22.33.44, not at 127.0.0.1."))
        listener.close()
        await server.close()
    }

    @Test("a port in use cannot be tried")
    func inUse() async throws {
        let server = try await FakeServer.tcp(.swallows)
        await #expect(throws: IOError.self) {
            try await CallListener.open(.tcp, on: .loopbackV4, port: server.address.port, loop: FakeServer.loop)
        }
        await server.close()
    }

    @Test("only who is expected is answered")
    func calls() throws {
        let nonce = try #require(Self.nonce)
        let source = try #require(TransportAddress("192.0.2.1:5"))
        let call = MessageBuilder(.request, .binding, transactionID: nonce).finish(fingerprint: true)
        var calls = DialBackCalls()
        #expect(calls.receive(call, from: source) == nil)
        calls.expect(nonce)
        let answered = try #require(calls.receive(call, from: source))
        #expect(answered.nonce == nonce)
        #expect(try Message(decoding: answered.answer)[XORMappedAddress.self]?.address == source)
        for other in [
            [], Array(call.dropLast()), MessageBuilder(.indication, .binding, transactionID: nonce).finish(),
            MessageBuilder(.request, .allocate, transactionID: nonce).finish(),
        ] {
            #expect(calls.receive(other, from: source) == nil)
        }
        calls.forget(nonce)
        #expect(calls.receive(call, from: source) == nil)
    }
}
