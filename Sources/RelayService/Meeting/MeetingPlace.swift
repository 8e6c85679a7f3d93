import Foundation
import HostNetwork
import NIOCore
import NIOTransport
import NetPrimitives
import Rendezvous

/// Runs the rendezvous' machine for all WebSockets of the relay, on one event loop; its store has threads of its own.
actor MeetingPlace: SocketPlace {
    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    private let stores: StoreThreads
    private var machine: MeetingServer
    private var sockets: [ConnectionID: any Channel] = [:]
    private var lastConnection: UInt64 = 0
    private var timer: Scheduled<Void>?

    init(
        stores: StoreThreads, bounds: MeetingServerConfiguration, loop: any EventLoop,
        issueCredentials: @escaping TURNCredentialIssuer
    ) {
        self.loop = loop
        self.stores = stores
        machine = MeetingServer(configuration: bounds, issueCredentials: issueCredentials)
        machine.start = (MonotonicClock.now(), Self.wallClock())
    }

    /// Takes other bounds, for what is asked from now on.
    nonisolated func setBounds(_ bounds: MeetingServerConfiguration) {
        loop.execute { self.assumeIsolated { $0.machine.reconfigure(bounds) } }
    }

    /// Sends clients to those nodes, from now on.
    nonisolated func setFleet(_ view: FleetView) {
        loop.execute { self.assumeIsolated { $0.machine.fleet = view } }
    }

    /// A WebSocket was opened from `source`; its number is what the other calls name.
    func open(_ channel: any Channel, source: IPAddress, host: String) -> ConnectionID {
        lastConnection += 1
        let id = ConnectionID(lastConnection)
        sockets[id] = channel
        machine.connectionOpened(id, source: source, at: MonotonicClock.now())
        drain()
        return id
    }

    func receive(_ text: [UInt8], from id: ConnectionID) {
        machine.receive(text, from: id, at: MonotonicClock.now(), wallClock: Self.wallClock())
        drain()
    }

    /// - Parameter isSilent: we have given up on it; it was not closed by its client.
    func close(_ id: ConnectionID, isSilent: Bool) {
        guard sockets.removeValue(forKey: id) != nil else { return }
        machine.connectionClosed(id, isSilent: isSilent, at: MonotonicClock.now())
        drain()
    }

    /// No further invitations, and those that wait go to other nodes; meetings go on.
    func beginDraining() {
        machine.beginDraining()
        drain()
    }

    /// Whether somebody waits for an answer of the store.
    var isAsking: Bool { machine.isAsking }

    func report() -> MeetingReport {
        MeetingReport(
            counters: machine.counters, invitations: machine.waitingCount, stages: machine.meetingStages,
            storeErrors: stores.errors)
    }

    private func drain() {
        while let output = machine.nextOutput() {
            switch output {
            case .send(let text, let id):
                sockets[id]?.writeAndFlush(WebSocketMessage.text(text), promise: nil)
            case .close(let id):
                sockets[id]?.close(promise: nil)
            case .ask(let ticket, let request): ask(request, ticket)
            }
        }
        timer?.cancel()
        timer = machine.nextDeadline.map { deadline in
            loop.scheduleTask(in: .until(deadline, from: MonotonicClock.now())) {
                self.assumeIsolated { $0.handleTimeout() }
            }
        }
    }

    private func ask(_ request: InvitationRequest, _ ticket: StoreTicket) {
        stores.run({ try request.perform(in: &$0) }) { [loop] answer in
            loop.execute { self.assumeIsolated { $0.answered(ticket, answer) } }
        }
    }

    private func answered(_ ticket: StoreTicket, _ answer: InvitationAnswer?) {
        machine.answered(ticket, answer, at: MonotonicClock.now(), wallClock: Self.wallClock())
        drain()
    }

    private func handleTimeout() {
        machine.handleTimeout(at: MonotonicClock.now(), wallClock: Self.wallClock())
        drain()
    }

    static func wallClock() -> UnixTime { UnixTime(seconds: UInt64(max(Date.now.timeIntervalSince1970, 0))) }
}
