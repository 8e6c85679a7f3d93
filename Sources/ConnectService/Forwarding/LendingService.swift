import NIOCore
import Session

/// The sharer's side of forwarding: connects to the places that it has lent, for whoever was granted them.
///
/// Confined to its session's event loop.
final class LendingService: SideService {
    let kind = Capability.tcp
    private unowned let driver: SessionDriver
    private let forwarder: Forwarder

    init(_ driver: SessionDriver, loop: any EventLoop, limits: ForwardingLimits = ForwardingLimits()) {
        self.driver = driver
        forwarder = Forwarder(role: .sharer, limits: limits, loop: loop, channels: driver)
    }

    func handle(_ event: SideServiceEvent) {
        switch event {
        case .granted(let request):
            if case .tcp(let destination) = request.subject {
                driver.printer.note("Type “revoke tcp” to end the connections to \(destination).")
            }
        case .revoked(let request, _):
            if case .tcp(let destination) = request.subject { forwarder.breakOff(destination) }
        case .opened(let channel, let request):
            guard case .tcp(let destination) = request.subject else { return driver.close(channel) }
            forwarder.accept(channel, for: destination)
        case .message(let channel, let bytes): forwarder.receive(bytes, on: channel)
        case .hasRoom(let channel): forwarder.hasRoom(on: channel)
        case .closed(let channel): forwarder.closed(channel)
        case .sessionEnded:
            forwarder.breakOff()
            driver.recorder.ledger.note(forwarder.machine.traffic)
        case .peerRules, .denied: break
        }
    }
}
