import DTLS
import ICE
import NIOCore
import NIOPosix
import NetPrimitives
import PortMapping
import Rendezvous
import Session

/// What a flow does with the rendezvous on either side: find the relay, connect, and tell the peer who we are.
enum Meeting {
    /// Finds the relay and opens the WebSocket of one of its services.
    ///
    /// - Parameters:
    ///   - patience: how long any one way to it may take.
    ///   - keepalive: how soon a relay that has vanished is noticed later on.
    static func connect(
        to trust: RelayTrust, service: RendezvousSocket.Service = .rendezvous, proxy: ProxyRule?, keepalive: TCPKeepalive? = nil,
        patience: TimeAmount = .seconds(6), loop: any EventLoop,
        receive: @escaping @Sendable (RendezvousSocket.Event) -> Void
    ) async throws(FlowError) -> (socket: RendezvousSocket, relay: RelayDiscovery.Relay) {
        do {
            let relay = try await RelayDiscovery(
                trust: trust, routes: StreamRoute.all(proxy, to: trust.url.endpoint), patience: patience, loop: loop
            ).find()
            let socket = try await RendezvousSocket.connect(
                to: relay.endpoint, service: service, by: relay.route, trust: trust, keepalive: keepalive, timeout: patience,
                loop: loop, receive: receive)
            return (socket, relay)
        } catch let error as RelayDiscovery.Unreachable {
            throw FlowError(.relayLost, error.description)
        } catch let error as Distrust {
            throw FlowError(.relayLost, error.description)
        } catch {
            throw FlowError(.relayLost, "The relay at \(trust.url) does not let us in: \(error)")
        }
    }

    /// The same with one of several nodes, for whoever waits there.
    ///
    /// - Parameters:
    ///   - nodes: in the order in which they are asked.
    ///   - receive: hears of which one it is.
    static func connect(
        toOneOf nodes: [RelayTrust], service: RendezvousSocket.Service = .rendezvous, proxy: ProxyRule?, patience: TimeAmount,
        loop: any EventLoop, receive: @escaping @Sendable (RendezvousSocket.Event, _ index: Int) -> Void
    ) async throws(FlowError) -> (index: Int, line: (socket: RendezvousSocket, relay: RelayDiscovery.Relay)) {
        try await NodeRace.run(nodes.count) { (index) async throws(FlowError) in
            try await connect(
                to: nodes[index], service: service, proxy: proxy, keepalive: .waiting, patience: patience, loop: loop
            ) { receive($0, index) }
        } discard: {
            $0.socket.close()
        }
    }

    /// Has the routers open the peer connection's ports, and tells the person what is wrong with what they opened.
    static func door(
        _ transport: TransportProtocol = .udp, of peer: PeerConnection, driver: SessionDriver?, printer: EventPrinter
    ) -> RouterDoor {
        let ports = peer.assumeIsolated { transport == .udp ? $0.ports : $0.doorAddresses }
        let door = RouterDoor(
            for: ports, transport: transport, records: MappingRecords(),
            seen: { external, base, remote in await peer.addReflexive(external: external, internal: base, seenFrom: remote) }
        ) { external, base in
            await peer.addMapped(external: external, internal: base, transport: transport)
        } noticed: { finding in
            printer.note(finding.sentence.prefix(1).uppercased() + finding.sentence.dropFirst() + ".")
        }
        driver?.doorFindings.append { [weak door] in door?.findings ?? [] }
        return door
    }

    /// What our side says of itself in the sealed channel.
    static func description(name: String, identity: Identity, credentials: ICE.Credentials) -> PeerPayload {
        .description(
            PeerDescription(
                name: name, fingerprint: "sha-256 \(identity.fingerprint)",
                usernameFragment: credentials.usernameFragment, password: credentials.password))
    }

    /// What the peer says of itself, as the machines want it; nil when it makes no sense.
    static func read(_ description: PeerDescription) -> (fingerprint: DTLS.Fingerprint, credentials: ICE.Credentials)? {
        let words = description.fingerprint.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "sha-256",
            let fingerprint = DTLS.Fingerprint(String(words[1])),
            let credentials = ICE.Credentials(
                usernameFragment: description.usernameFragment, password: description.password)
        else { return nil }
        return (fingerprint, credentials)
    }

    /// The candidate of a line; nil for one that we cannot use.
    static func candidate(line: String, isMapped: Bool) -> Candidate? {
        guard var candidate = try? Candidate(sdp: line) else { return nil }
        candidate.isMapped = candidate.isMapped || isMapped
        return candidate
    }
}
