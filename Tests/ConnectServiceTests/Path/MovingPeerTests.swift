@testable import ConnectService
import DTLS
import Foundation
import HostNetwork
import ICE
import NIOCore
import NIOPosix
import NetPrimitives
import Rendezvous
import Session
import Synchronization
import Testing

/// Two peer connections on this computer, one of which changes its addresses: 127.0.0.1, 127.0.0.2 and so on.
@Suite("A peer connection whose computer has other addresses", .timeLimit(.minutes(1)))
struct MovingPeerTests {
    /// One side, with what it has told.
    private final class Side: Sendable {
        let peer: PeerConnection
        let identity: Identity
        let events: AsyncStream<PeerConnection.Event>
        private let addresses: Mutex<[LocalAddress]>

        init(_ address: UInt32, isHelper: Bool) throws {
            identity = try Identity()
            let (events, continuation) = AsyncStream.makeStream(of: PeerConnection.Event.self)
            self.events = events
            addresses = Mutex([Self.local(address)])
            peer = PeerConnection(
                role: isHelper ? .helper : .sharer, identity: identity, loop: MultiThreadedEventLoopGroup.singleton.next()
            ) { continuation.yield($0) }
        }

        func open() async {
            await peer.openPorts(on: addresses.withLock { $0 })
            await peer.follow { [self] in addresses.withLock { $0 } }
        }

        func move(to address: UInt32?) async {
            addresses.withLock { $0 = address.map { [Self.local($0)] } ?? [] }
            await peer.lookAtAddresses()
        }

        private static func local(_ number: UInt32) -> LocalAddress { LocalAddress(.v4(0x7F00_0000 + number)) }
    }

    /// What a side tells that a test waits for, and brings its signals to the other side meanwhile.
    private func next<Wanted>(
        _ events: inout AsyncStream<PeerConnection.Event>.Iterator, to other: Side, _ wanted: (PeerConnection.Event) -> Wanted?
    ) async -> Wanted? {
        while let event = await events.next() {
            if case .signal(let payload) = event { await other.peer.receive(payload) }
            if let found = wanted(event) { return found }
        }
        return nil
    }

    private func ports(_ event: PeerConnection.Event) -> [TransportAddress]? {
        if case .networkChanged(let ports) = event { ports } else { nil }
    }

    private func candidate(_ event: PeerConnection.Event) -> Candidate? {
        if case .signal(.candidate(let line, _, _)) = event { try? Candidate(sdp: line) } else { nil }
    }

    @Test("opens ports on the new ones, signals them, closes the old ones, and tells who depends on that")
    func ports() async throws {
        let side = try Side(1, isHelper: true)
        await side.open()
        var events = side.events.makeAsyncIterator()
        #expect(await next(&events, to: side) { candidate($0)?.address.ip } == .v4(0x7F00_0001))
        await side.move(to: 2)
        #expect(await next(&events, to: side) { candidate($0)?.address.ip } == .v4(0x7F00_0002))
        let opened = await next(&events, to: side) { ports($0) }
        #expect(opened?.map(\.ip) == [.v4(0x7F00_0002)])
        #expect(await side.peer.ports == opened)
        await side.peer.close(peerIsLost: true)
    }

    @Test("keeps what it has while the computer has no address at all, and says that nothing but routes may be new")
    func offline() async throws {
        let side = try Side(1, isHelper: true)
        await side.open()
        let before = await side.peer.ports
        await side.move(to: nil)
        #expect(await side.peer.ports == before)
        await side.move(to: 1)
        var events = side.events.makeAsyncIterator()
        for _ in 0..<3 {  // the first one is that of the beginning
            let isSame = await next(&events, to: side) { event -> Bool? in
                switch event {
                case .routesChanged: true
                case .networkChanged: false
                default: nil
                }
            }
            #expect(isSame == true)
        }
        #expect(await side.peer.ports == before)
        await side.peer.close(peerIsLost: true)
    }

    @Test("the session goes on from the new address, with what was said meanwhile")
    func session() async throws {
        let (helper, sharer) = (try Side(1, isHelper: true), try Side(1, isHelper: false))
        for (side, other) in [(helper, sharer), (sharer, helper)] {
            await side.open()
            await side.peer.setRemote(credentials: other.peer.localCredentials, fingerprint: other.identity.fingerprint)
        }
        let nobody = RelayServer(host: "127.0.0.1", port: 9, ip: .loopbackV4, transport: .udp)
        await helper.peer.gatherReflexive(from: [nobody])
        // The sharer's signals go over while the helper's are read.
        let heard = Task {
            var events = sharer.events.makeAsyncIterator()
            var said: [String] = []
            while said.count < 3 {
                guard let message = await next(&events, to: helper, { event -> String? in
                    if case .message(.control, let bytes) = event { String(decoding: bytes, as: UTF8.self) } else { nil }
                }) else { break }
                said.append(message)
            }
            return said
        }
        var events = helper.events.makeAsyncIterator()
        _ = await next(&events, to: sharer) { if case .ready = $0 { true } else { nil } }
        #expect(await helper.peer.send(Array("before".utf8), on: .control))
        await helper.move(to: 2)
        #expect(await helper.peer.send(Array("meanwhile".utf8), on: .control))
        let path = await next(&events, to: sharer) { event in
            if case .pathChanged(let path, .networkChanged) = event { path.local.hasPrefix("127.0.0.2:") ? path : nil } else { nil }
        }
        #expect(path?.kind == .direct)
        #expect(await helper.peer.send(Array("after".utf8), on: .control))
        #expect(await heard.value == ["before", "meanwhile", "after"])
        // Servers are asked because of the change, and not once more because of the restart that it brings.
        let (changedAt, askedAt) = try await helper.peer.loop.submit {
            helper.peer.assumeIsolated { peer in
                let now = MonotonicClock.now()
                peer.followNetwork(at: now)
                return (now, peer.bindingsAskedAt)
            }
        }.get()
        #expect(askedAt == changedAt)
        for side in [helper, sharer] { await side.peer.close(peerIsLost: true) }
    }

    @Test("a peer that comes back again and again is told of everything so often and no more")
    func repetitions() async throws {
        let side = try Side(1, isHelper: false)
        await side.open()
        let began = MonotonicClock.now()
        for _ in 0..<1000 { await side.peer.signalAgain() }
        let seconds = (MonotonicClock.now() - began).components.seconds
        await side.move(to: 1)
        var (told, looks) = (0, 0)
        for await event in side.events {
            if candidate(event) != nil { told += 1 }
            if case .routesChanged = event { looks += 1 }
            if looks == 2 { break }  // that of the beginning, and that of the end
        }
        #expect((2...6 + Int(seconds)).contains(told))  // one of them is that of the beginning
        await side.peer.close(peerIsLost: true)
    }

    @Test("the door is where the computer's addresses are, though it was opened at others before")
    func door() async throws {
        let side = try Side(1, isHelper: false)
        _ = try await side.peer.openDoor(at: .named(0), on: [.v4(0x7F00_0003), .loopbackV4])
        await side.open()
        var events = side.events.makeAsyncIterator()
        _ = await next(&events, to: side) { ports($0) }
        #expect(await side.peer.doorAddresses.map(\.ip) == [.loopbackV4])
        await side.move(to: 2)
        _ = await next(&events, to: side) { ports($0) }
        #expect(await side.peer.doorAddresses.map(\.ip) == [.v4(0x7F00_0002)])
        await side.peer.close(peerIsLost: true)
    }
}
