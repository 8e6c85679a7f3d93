import Foundation
import HostNetwork
import Session

// Files, clipboard and connections: each has a service, which hears of what was granted to whom and of the channels that
// are opened for it, and of nothing else.
extension SessionDriver {
    /// Turns a capability on, as far as the rules leave it. Before the two sides are connected.
    func offer(_ service: any SideService) { services[service.kind] = service }

    /// What this side tells the other that there is.
    var offeredRules: SideRules { rules.offered(by: services.keys) }

    // MARK: What services do

    /// Asks the other side; the answer comes as an event.
    func ask(for subject: SideRequest.Subject) throws(CommandRefusal) -> SideRequest {
        guard machine != nil else { throw .notGranted(.view) }
        defer { drain() }
        guard let request = try machine?.ask(for: subject, at: MonotonicClock.now()) else { throw .hasEnded }
        recorder.ledger.note(asked: request, at: .now)
        return request
    }

    /// Takes back what this side has asked for, or ends what it was granted, with its channels.
    func withdraw(_ request: SideRequest) {
        machine?.withdraw(request.id)
        drain()
    }

    /// What was granted is used up, as both sides know.
    func settle(_ request: SideRequest) { machine?.settle(request.id) }

    /// Opens a channel for what the other side has granted.
    func openChannel(for request: SideRequest) -> SideChannel? {
        guard machine?.lent.contains(request) == true, request.asker == role else { return nil }
        let channel = peer.assumeIsolated { $0.openSideChannel(label: request.kind.rawValue, protocol: "\(request.wireID)") }
        if let channel { channelRequests[channel] = request }
        return channel
    }

    /// False when too much waits already: `hasRoom` follows.
    func send(_ bytes: [UInt8], on channel: SideChannel) -> Bool { peer.assumeIsolated { $0.send(bytes, on: channel) } }

    func hasRoom(on channel: SideChannel) -> Bool { peer.assumeIsolated { $0.hasRoom(on: channel) } }

    func close(_ channel: SideChannel) { peer.assumeIsolated { $0.close(channel) } }

    // MARK: What they hear

    func handle(_ event: SideChannel.Event) {
        switch event {
        case .opened(let channel, let label, let `protocol`):
            // Whoever opens one must have been granted what it is for.
            guard let kind = Capability(rawValue: label), let id = UInt32(`protocol`), let service = services[kind],
                let request = machine?.lent(kind, toPeersRequest: id)
            else { return close(channel) }
            channelRequests[channel] = request
            service.handle(.opened(channel, request))
        case .message(let channel, let bytes): service(of: channel)?.handle(.message(channel, bytes))
        case .hasRoom(let channel): service(of: channel)?.handle(.hasRoom(channel))
        case .closed(let channel):
            let service = service(of: channel)
            channelRequests[channel] = nil
            service?.handle(.closed(channel))
        }
    }

    private func service(of channel: SideChannel) -> (any SideService)? {
        channelRequests[channel].flatMap { services[$0.kind] }
    }

    /// What the machine says about what a service does.
    func tellServices(of event: SessionEvent) {
        switch event {
        case .sideGranted(let request, _): services[request.kind]?.handle(.granted(request))
        case .sideDenied(let request, let decider): services[request.kind]?.handle(.denied(request, by: decider))
        case .sideRevoked(let request, let decider):
            services[request.kind]?.handle(.revoked(request, by: decider))
            for (channel, owner) in channelRequests where owner == request { close(channel) }
        case .peerRules(let rules): for service in services.values { service.handle(.peerRules(rules)) }
        case .paused, .resumed: (services[.clipboard] as? ClipboardService)?.pauseChanged()
        case .request, .granted, .denied, .revoked, .sideRequest, .chat, .ended, .startSharing, .stopSharing, .input, .letGo, .keyFrameRequested, .frameAcknowledged:
            break
        }
    }
}
