import ConnectService
import DTLS
import Foundation
import ICE
import NIOCore
import NetPrimitives
import Rendezvous
import Session

/// Our peer connection, and what a test tells it to do.
///
/// Commands: `exchange` asks for all payloads; `consent N` waits until the other end has given N signs of life; `stop`
/// ends. What is not known is ignored, as attributes are.
actor OurEnd {
    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    private struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    private let options: IceAgent
    private let identity: Identity
    private var peer: PeerConnection?
    private var remote = RemoteDescription()
    private var payloads: Payloads
    /// The question that stood at the last look: it is asked again when it stands still.
    private var lastQuestion: [UInt8]?
    private var selected: (role: ICE.Role, pair: CandidatePair)?
    private var isConnected = false
    /// Signs of life that are still to come, and when the last one came.
    private var waiting: (total: Int, left: Int, last: Instant?)?
    private var failure: (any Error)?
    private var whenOver: CheckedContinuation<Void, Never>?
    private var isOver = false

    /// Between two looks at what nobody tells: a loss on loopback, a selection.
    private static let look = TimeAmount.milliseconds(100)

    init(_ options: IceAgent, loop: any EventLoop) throws {
        self.options = options
        self.loop = loop
        identity = try Identity()
        payloads = Payloads(count: options.payloads)
    }

    /// Says who we are, and begins to gather. Nothing may come in before.
    func start() async {
        let peer = PeerConnection(
            role: options.setup == .active ? .helper : .sharer, iceRole: options.role, identity: identity, loop: loop
        ) { event in
            self.assumeIsolated { $0.handle(event) }
        }
        self.peer = peer
        say("a=ice-options:trickle")
        say("a=ice-ufrag:\(peer.localCredentials.usernameFragment)")
        say("a=ice-pwd:\(peer.localCredentials.password)")
        if let setup = options.setup {
            say("a=fingerprint:sha-256 \(identity.fingerprint)")
            say("a=setup:\(setup.rawValue)")
        }
        await peer.openPorts(on: options.address.map { LocalAddress($0) })
        if options.door {
            do { _ = try await peer.openDoor(at: .usual, on: options.address) } catch { return fail("\(error)") }
        }
        if await !peer.gatherRelayed(at: options.relay, username: options.user, password: options.password) {
            fail("\(options.relay ?? "") is no TURN server's address.")
        }
    }

    /// Returns when it is over, with what went wrong.
    func end() async -> (any Error)? {
        let looking = loop.scheduleRepeatedTask(initialDelay: Self.look, delay: Self.look) { _ in
            self.assumeIsolated { $0.lookAround() }
        }
        if !isOver { await withCheckedContinuation { whenOver = $0 } }
        looking.cancel()
        await peer?.close(peerIsLost: failure != nil)
        return failure
    }

    func stop() { finish() }

    // MARK: What comes in

    /// Takes a line of standard input.
    func perform(line: String) {
        if line.hasPrefix("a=") { return take(attribute: line) }
        let words = line.split(separator: " ")
        switch words.first {
        case "exchange":
            payloads.begin()
            sendStanding()
        case "consent":
            guard words.count == 2, let count = Int(words[1]), count > 0 else { return }
            waiting = (count, count, nil)
        case "stop":
            finish()
        default:
            break
        }
    }

    private func take(attribute line: String) {
        let parts = line.dropFirst(2).split(separator: ":", maxSplits: 1)
        guard let name = parts.first, let peer else { return }
        switch name {
        case "candidate":
            peer.assumeIsolated { $0.receive(.candidate(line: line, isMapped: false)) }
        case "end-of-candidates":
            peer.assumeIsolated { $0.receive(.endOfCandidates()) }
        default:
            remote.take(name, parts.count == 2 ? String(parts[1]) : "")
            begin()
        }
    }

    /// The checks, once enough is known of the other end. A second call changes nothing.
    private func begin() {
        guard let credentials = remote.credentials, let peer else { return }
        if options.setup == nil {
            peer.assumeIsolated { peer in
                peer.carryDatagrams(for: credentials) { bytes in self.assumeIsolated { $0.received(bytes) } }
            }
        } else if let fingerprint = remote.fingerprint {
            peer.assumeIsolated { $0.setRemote(credentials: credentials, fingerprint: fingerprint) }
        }
    }

    private func handle(_ event: PeerConnection.Event) {
        switch event {
        case .signal(.candidate(let line, _, 0)): say("a=\(line)")
        case .signal(.endOfCandidates(0)): say("a=end-of-candidates")
        case .signal(.restart): report(.restart)
        case .signal, .peerToldOf, .networkChanged, .routesChanged, .unanswered, .peerSuspended, .side: break
        case .connected(let path): report(.path(kind: path.kind.rawValue, reason: "first"))
        case .ready: connected()
        case .pathChanged(let path, let reason):
            report(.path(kind: path.kind.rawValue, reason: "\(reason)"))
            if options.setup == nil { connected() }
        case .pathLost: report(.lost)
        case .message(.control, let bytes): received(bytes)
        case .message: break
        case .failed(let failure): fail("\(failure)")
        case .closed: fail("The other end has closed.")
        }
    }

    private func connected() {
        guard !isConnected else { return }
        isConnected = true
        report(.connected)
    }

    private func received(_ bytes: [UInt8]) {
        do {
            switch try payloads.receive(bytes) {
            case .reply(let message): send(message)
            case .finished: report(.exchanged(options.payloads))
            case .nothing: break
            }
        } catch {
            fail("\(error)")
        }
    }

    // MARK: What goes out

    private func send(_ message: [UInt8]) {
        peer?.assumeIsolated { [setup = options.setup] peer in
            if setup == nil { peer.sendDatagram(message) } else { peer.send(message, on: .control) }
        }
    }

    private func sendStanding() {
        lastQuestion = payloads.standing
        if let lastQuestion { send(lastQuestion) }
    }

    private func lookAround() {
        guard let agent = peer?.assumeIsolated({ $0.agent }) else { return }
        if let pair = agent.active.selectedPair {
            let role = agent.active.role
            if selected.map({ $0.role != role || $0.pair.local != pair.local || $0.pair.remote != pair.remote }) ?? true {
                report(.selected(role: role, pair))
            }
            selected = (role, pair)
        }
        if payloads.standing != nil, payloads.standing == lastQuestion {
            sendStanding()
        } else {
            lastQuestion = payloads.standing
        }
        if let signs = waiting, let now = agent.lastReceivedAt, now != signs.last {
            // The first is what came before the command.
            waiting = (signs.total, signs.left - (signs.last == nil ? 0 : 1), now)
            if waiting?.left == 0 {
                waiting = nil
                report(.consented(signs.total))
            }
        }
    }

    private func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    private func report(_ report: Report) { say(report.line) }

    // MARK: The end

    private func fail(_ sentence: String) {
        guard !isOver else { return }
        failure = Failed(description: sentence)
        finish()
    }

    private func finish() {
        isOver = true
        whenOver?.resume()
        whenOver = nil
    }
}
