import Glibc
import HostNetwork
import NetPrimitives
import Relay

// Clients that move to a five-tuple of another worker's, and the allocations that follow them (RFC 8016). A message that
// comes late finds its way by the directory, which knows at any time who has an allocation.
extension Worker {
    // MARK: Where a client arrives

    /// Hands on what a client says whose allocation another worker has; false: it is for this one.
    func passOn(_ bytes: [UInt8], from client: FiveTuple) -> Bool {
        guard let id = moving.allocation(of: client) else { return false }
        forward(bytes, from: client, of: id)
        return true
    }

    private func forward(_ bytes: [UInt8], from client: FiveTuple, of id: MobileID) {
        guard let place = directory.place(of: id) else { return }  // it has ended
        mailboxes[place.worker].post(.mobility(.said(bytes, by: client, of: id, to: index)))
    }

    /// A client's stream is not what it was.
    mutating func leave(_ client: FiveTuple) {
        guard let id = moving.endVisit(client), let place = directory.place(of: id) else { return }
        mailboxes[place.worker].post(.mobility(.closed(client, of: id)), isVital: true)
    }

    // MARK: Messages

    mutating func receive(_ message: MobilityMessage, at now: Instant) {
        switch message {
        case .said(let bytes, let client, let id, let worker):
            if let place = directory.place(of: id), place.worker != index {
                mailboxes[place.worker].post(.mobility(message))  // it has moved on
                return
            }
            if worker != index { moving.host(client, at: worker) }
            receive(bytes, from: client, at: now, wallClock: Int64(time(nil)))
            if !machine.isMoving(client) { _ = moving.endHosting(client) }
        case .closed(let client, let id):
            if let place = directory.place(of: id), place.worker != index {
                mailboxes[place.worker].post(.mobility(message), isVital: true)
                return
            }
            machine.connectionClosed(client)
        case .answer(let bytes, let client):
            send(bytes, to: client, at: now)
        case .arriving(let client, let id):
            moving.visit(client, of: id)
        case .left(let client, let id):
            if moving.allocation(of: client) == id { _ = moving.endVisit(client) }
        case .adopt(let moved, let held):
            _ = moving.endVisit(moved.client)
            let ports = held.map { held in try? machine.host.adopt(held).port }
            machine.adopt(moved, ports: ports, at: now)
        }
    }

    // MARK: What the machine wants

    mutating func perform(_ output: MobilityOutput) {
        switch output {
        case .forward(let bytes, let client, let id):
            forward(bytes, from: client, of: id)
        case .arriving(let client, let id):
            guard let worker = moving.worker(of: client) else { return }
            mailboxes[worker].post(.mobility(.arriving(client, of: id)), isVital: true)
        case .left(let client, let id):
            guard let worker = moving.endHosting(client) else { return }
            mailboxes[worker].post(.mobility(.left(client, of: id)), isVital: true)
        case .moved(let client, _):
            moving.noteMoved(client)
        }
    }

    /// Sends allocations after their clients, once what they have to send is sent.
    mutating func handOverMoved(at now: Instant) {
        while let client = moving.nextMoved() {
            guard let worker = moving.endHosting(client), let moved = machine.handOver(client) else { continue }
            // What is to leave through the sockets leaves while they are this worker's.
            forwarder.batch.flush(at: now.nanoseconds)
            let ports = moved.ports.compactMap { port in machine.host.take(port).map { (port: port, held: $0) } }
            mailboxes[worker].post(.mobility(.adopt(moved, ports.map(\.held))), isVital: true)
            for (port, held) in ports {
                directory.handOver(held.shown, from: PortDirectory.Place(worker: index, port: port), to: worker)
            }
        }
    }
}
