import DTLS
import Glibc
import NetPrimitives
import Relay

// Between a worker's sockets and its machine: clients that speak DTLS.
extension Worker {
    /// Takes a client's datagram when it is one of DTLS (RFC 7983 §7): then it is nothing else.
    mutating func receiveSecured(_ datagram: [UInt8], from client: FiveTuple, at now: Instant) -> Bool {
        guard Endpoint.accepts(datagram) else { return false }
        // A session that began before ends when it has had no allocation for a while.
        guard !machine.shutsOut(client.client.ip) else { return true }
        secureClients?.receive(datagram, from: client, at: now) { [directory] in directory.admitsUnproven($0, at: now) }
        drainSecured(at: now)
        return true
    }

    mutating func sendSecured(_ message: [UInt8], to client: FiveTuple, at now: Instant) {
        if secureClients?.send(message, to: client) == false { machine.counters.dropped.count(.sendFailed) }
        drainSecured(at: now)
    }

    mutating func handleSecuredTimeout(at now: Instant) {
        guard let deadline = secureClients?.nextDeadline, deadline <= now else { return }
        secureClients?.handleTimeout(at: now) { [machine, moving] in
            machine.tableSizes(of: $0, at: now) != nil || moving.allocation(of: $0) != nil
        }
        drainSecured(at: now)
    }

    mutating func endSecured(at now: Instant) {
        secureClients?.closeAll()
        drainSecured(at: now)
    }

    private mutating func drainSecured(at now: Instant) {
        while let output = secureClients?.nextOutput() {
            switch output {
            case .transmit(let datagram, let client): send(datagram, to: client, at: now)
            case .message(let message, let client):
                receive(message, from: client, at: now, wallClock: Int64(time(nil)))
            case .ended(let client):
                leave(client)
                machine.connectionClosed(client)
                drain(at: now)
            }
        }
    }
}
