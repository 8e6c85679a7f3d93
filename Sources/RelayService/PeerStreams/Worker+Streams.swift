import NetPrimitives
import Relay

// What goes between a worker's machine and the peers' connections (RFC 6062).
extension Worker {
    mutating func receive(_ event: PeerStreamEvent, at now: Instant) {
        switch event {
        case .arrived(let stream, let peer, let listener, let port):
            // The number may have become another allocation's while the message was under way.
            guard let peers, machine.host.peerListeners[port] === listener, let user = machine.budget(of: port, at: now),
                let id = machine.peerArrived(peer, on: port, at: now)
            else { return stream.close() }
            stream.traffic = peers.traffic(of: listener, user: user)
            peers.add(stream, id, mailbox: mailboxes[index])
        case .connected(let id): machine.peerConnected(id, at: now)
        case .failed(let id): machine.peerConnectionFailed(id)
        case .closed(let id): machine.peerConnectionClosed(id)
        }
    }

    mutating func perform(_ output: StreamOutput, at now: Instant) {
        switch output {
        case .connect(let id, let port, let peer):
            guard let peers, let listener = machine.host.peerListeners[port], let user = machine.budget(of: port, at: now)
            else { return machine.peerConnectionFailed(id) }
            peers.connect(
                id, from: listener, to: peer, traffic: peers.traffic(of: listener, user: user), mailbox: mailboxes[index])
        case .bind(let fiveTuple, let id, let answer):
            writeForwarded()
            let client = clients.remove(fiveTuple)
            guard let client, let stream = peers?[id] else {
                peers?[id]?.close()
                client?.connection.close()
                return
            }
            client.connection.join(stream, answering: answer)
        case .close(let id):
            peers?[id]?.close()
        }
    }
}
