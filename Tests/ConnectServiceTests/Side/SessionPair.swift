@testable import ConnectService
import DTLS
import HostNetwork
import NIOCore
import NIOPosix
import NetPrimitives
import Session

/// A sharer's and a helper's driver, connected over loopback, on one event loop: what a service does can be watched from both
/// ends. All but `until` and `onLoop` is used on the loop.
final class SessionPair: @unchecked Sendable {
    final class End: @unchecked Sendable {
        let driver: SessionDriver
        let identity: Identity
        var events: [SessionEvent] = []
        /// What a service has told, where it is asked to tell it here as well.
        var told: [SessionEventLine] = []

        init(_ driver: SessionDriver, _ identity: Identity) {
            self.driver = driver
            self.identity = identity
        }
    }

    let loop: any EventLoop
    private(set) var sharer: End!
    private(set) var helper: End!
    private var waiters: [(condition: () -> Bool, continuation: CheckedContinuation<Void, Never>)] = []

    init(
        sharer: SideRules = SideRules(files: .both, clipboard: .both, tcp: []),
        helper: SideRules = SideRules(files: .both, clipboard: .both, tcp: [])
    ) async throws {
        loop = MultiThreadedEventLoopGroup.singleton.next()
        try await onLoop { pair in
            pair.sharer = try pair.makeEnd(.sharer, sharer)
            pair.helper = try pair.makeEnd(.helper, helper)
        }
    }

    func end(_ role: Session.Role) -> End { role == .sharer ? sharer : helper }

    private func makeEnd(_ role: Session.Role, _ rules: SideRules) throws -> End {
        let identity = try Identity()
        let peer = PeerConnection(role: role, identity: identity, loop: loop) { [unowned self] event in handle(event, of: role) }
        let driver = SessionDriver(
            role: role, peer: peer, ceiling: .control, printer: EventPrinter(asJSON: true, role: role), loop: loop, rules: rules,
            history: nil)
        let end = End(driver, identity)
        driver.onEvent = { end.events.append($0) }
        driver.onChange = { [unowned self] in check() }
        return end
    }

    private func handle(_ event: PeerConnection.Event, of role: Session.Role) {
        let other = end(role == .sharer ? .helper : .sharer)
        if case .signal(let payload) = event { loop.execute { [unowned other] in other.driver.receive(payload) } }
        end(role).driver.handle(event)
        check()
    }

    /// Both are connected, and the first yes is given.
    func connect() async throws {
        for end in [sharer!, helper!] {
            await end.driver.peer.openPorts(on: [LocalAddress(.loopbackV4)])
            await end.driver.peer.gatherReflexive(from: [RelayServer(host: "127.0.0.1", port: 9, ip: .loopbackV4, transport: .udp)])
        }
        try await onLoop { pair in
            for (end, other) in [(pair.sharer!, pair.helper!), (pair.helper!, pair.sharer!)] {
                end.driver.receive(
                    Meeting.description(
                        name: other.driver.role == .sharer ? "Sharon" : "Helge", identity: other.identity,
                        credentials: other.driver.peer.localCredentials))
            }
            for (end, other) in [(pair.sharer!, pair.helper!), (pair.helper!, pair.sharer!)] {
                for payload in end.driver.peer.assumeIsolated({ $0.standingOffer }) { other.driver.receive(payload) }
            }
        }
        await until { pair in pair.sharer.events.contains { if case .request(_, .view, _, _) = $0 { true } else { false } } }
        try await onLoop { $0.sharer.driver.perform(line: "yes") }
        let hasRules = try await onLoop { $0.sharer.driver.offeredRules != SideRules() }
        await until { pair in
            pair.helper.driver.machine?.status.view == .granted
                && (!hasRules || pair.helper.events.contains { if case .peerRules = $0 { true } else { false } })
        }
    }

    func onLoop<Result: Sendable>(_ body: @escaping @Sendable (SessionPair) throws -> Result) async throws -> Result {
        try await loop.submit { try body(self) }.get()
    }

    /// Waits for something that events bring about.
    func until(_ condition: @escaping @Sendable (SessionPair) -> Bool) async {
        await withCheckedContinuation { continuation in
            loop.execute { [self] in
                waiters.append(({ [unowned self] in condition(self) }, continuation))
                check()
            }
        }
    }

    /// Looks whether something that is waited for has come.
    func check() {
        var rest: [(condition: () -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
        for waiter in waiters {
            if waiter.condition() { waiter.continuation.resume() } else { rest.append(waiter) }
        }
        waiters = rest
    }

    func close() async throws {
        try await onLoop { pair in
            pair.helper.driver.end(.finished, "")
            pair.sharer.driver.end(.finished, "")
        }
        for end in [helper!, sharer!] { await end.driver.peer.close(peerIsLost: true) }
    }
}
