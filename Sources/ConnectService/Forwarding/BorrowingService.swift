import NIOCore
import Session

/// The helper's side of forwarding: asks for the places that its person wants, and leads ports of this computer there.
///
/// Confined to its session's event loop.
final class BorrowingService: SideService {
    /// A port that was wished for, and is listened on.
    private struct Line {
        let wish: ForwardingWish
        let listener: ForwardingListener
        /// Where it is to lead, as soon as the sharer has said what there is.
        var destination: Destination?
        /// While it leads there.
        var request: SideRequest?

        var local: String { "127.0.0.1:\(wish.localPort)" }
    }

    /// Why a port leads nowhere.
    private struct Hopeless: Error {
        let sentence: String
    }

    let kind = Capability.tcp
    private unowned let driver: SessionDriver
    /// The places that the policy of this computer allows; nil: any.
    private let allowed: [Destination]?
    private let forwarder: Forwarder
    private var lines: [Line] = []
    /// What did not work the last time, so that a page of forty pictures brings one sentence and not forty.
    private var lastFailures: [Destination: ForwardingFailure] = [:]

    init(_ driver: SessionDriver, allowed: [Destination]?, loop: any EventLoop, limits: ForwardingLimits = ForwardingLimits()) {
        self.driver = driver
        self.allowed = allowed
        forwarder = Forwarder(role: .helper, limits: limits, loop: loop, channels: driver)
        forwarder.onAnswer = { [unowned self] destination, failure in answered(destination, failure) }
    }

    /// Takes a port that is listened on already.
    func add(_ listener: ForwardingListener, for wish: ForwardingWish) { lines.append(Line(wish: wish, listener: listener)) }

    /// A program of this computer has connected to a port.
    ///
    /// - Returns: false when that does not lead anywhere.
    func arrived(_ connection: any Channel, at port: UInt16) -> Bool {
        guard let request = lines.first(where: { $0.wish.localPort == port })?.request, case .tcp(let destination) = request.subject
        else { return false }
        return forwarder.arrived(connection, for: destination) { driver.openChannel(for: request) }
    }

    func handle(_ event: SideServiceEvent) {
        switch event {
        case .peerRules(let rules): ask(for: rules.tcp ?? [])
        case .granted(let request): begin(request)
        case .denied(let request, _): end(request, nil)
        case .revoked(let request, _):
            if case .tcp(let destination) = request.subject { forwarder.breakOff(destination) }
            end(request, nil)
        case .opened(let channel, _): driver.close(channel)  // a sharer opens none
        case .message(let channel, let bytes): forwarder.receive(bytes, on: channel)
        case .hasRoom(let channel): forwarder.hasRoom(on: channel)
        case .closed(let channel): forwarder.closed(channel)
        case .sessionEnded:
            forwarder.breakOff()
            for line in lines { line.listener.close() }
            lines = []
            driver.recorder.ledger.note(forwarder.machine.traffic)
        }
    }

    // MARK: Asking

    /// The sharer has said what it lends.
    private func ask(for lent: [Destination]) {
        for line in lines {
            do throws(Hopeless) { try settle(line.wish, on: place(for: line.wish, among: lent)) } catch { close([line.wish], error.sentence) }
        }
        var asked: Set<Destination> = []
        for destination in lines.compactMap(\.destination) where asked.insert(destination).inserted {
            do {
                _ = try driver.ask(for: .tcp(destination))
                driver.printer.note("Asked for connections to \(destination). Waiting for \(driver.peerName)'s answer…")
            } catch {
                close(lines.filter { $0.destination == destination }.map(\.wish), "\(error)")
            }
        }
    }

    private func place(for wish: ForwardingWish, among lent: [Destination]) throws(Hopeless) -> Destination {
        let peer = driver.peerName
        guard let first = lent.first else {
            throw Hopeless(sentence: "\(peer) lends no connections; “ra-connect share --tcp HOST:PORT” does.")
        }
        let destination = wish.destination ?? first
        guard lent.contains(destination) else {
            let list = lent.map(\.description).joined(separator: ", ")
            throw Hopeless(sentence: "\(peer) does not lend connections to \(destination), but to \(list).")
        }
        guard allowed?.contains(destination) ?? true else {
            throw Hopeless(sentence: "The policy of this computer does not allow connections to \(destination) (tcp).")
        }
        return destination
    }

    private func settle(_ wish: ForwardingWish, on destination: Destination) {
        guard let index = lines.firstIndex(where: { $0.wish == wish }) else { return }
        lines[index].destination = destination
    }

    // MARK: Answers

    private func begin(_ request: SideRequest) {
        guard case .tcp(let destination) = request.subject else { return }
        for index in lines.indices where lines[index].destination == destination {
            lines[index].request = request
            driver.printer.print(.forwarding(local: lines[index].local, destination, .listening, why: nil))
        }
    }

    private func end(_ request: SideRequest, _ why: String?) {
        guard case .tcp(let destination) = request.subject else { return }
        close(lines.filter { $0.destination == destination }.map(\.wish), why)
    }

    /// These lead nowhere, and are listened on no more.
    private func close(_ wishes: [ForwardingWish], _ why: String?) {
        for line in lines where wishes.contains(line.wish) {
            line.listener.close()
            driver.printer.print(.forwarding(local: line.local, line.destination ?? line.wish.destination, .closed, why: why))
        }
        lines.removeAll { wishes.contains($0.wish) }
    }

    private func answered(_ destination: Destination, _ failure: ForwardingFailure?) {
        guard lastFailures[destination] != failure else { return }
        lastFailures[destination] = failure
        guard let failure else { return }
        let sentence = failure.sentence(destination, peer: driver.peerName)
        for line in lines where line.destination == destination {
            driver.printer.print(.forwarding(local: line.local, destination, .failed, why: sentence))
        }
    }
}
