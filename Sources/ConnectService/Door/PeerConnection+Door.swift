import HostNetwork
import ICE
import Logging
import NIOCore
package import NetPrimitives

// `--door`: passive TCP candidates (RFC 6544 §4.1). Who comes in is nobody until it has shown a check with our credentials;
// until then it gets no answer.
extension PeerConnection {
    /// Listens on TCP at these addresses, and offers them as candidates.
    ///
    /// - Returns: the port, which may be another one than the usual when that is not to be had.
    package func openDoor(at wanted: DoorPort, on addresses: [IPAddress]) async throws(DoorError) -> UInt16 {
        let door = Door(port: 0)
        self.door = door
        switch wanted {
        case .named(let port):
            try await listen(on: addresses, at: port)
        case .usual:
            do {
                try await listen(on: addresses, at: DoorPort.usualPort)
            } catch {
                for address in door.addresses { closeDoor(at: address) }
                try await listenAnywhere(on: addresses)
            }
        }
        guard let port = door.addresses.first?.port else {
            throw DoorError(port: door.port, why: .other("This computer has no address."))
        }
        drain()
        return port
    }

    /// Where the door is: what a router may be asked to map.
    var doorAddresses: [TransportAddress] { door?.addresses ?? [] }

    /// Addresses that came later get a door too, at the same port if it is free there.
    func widenDoor(to addresses: [IPAddress]) async {
        guard let door, !addresses.isEmpty else { return }
        do {
            try await listen(on: addresses, at: door.port)
        } catch {
            try? await listenAnywhere(on: addresses)
        }
    }

    /// At ports that the system chooses: one for all, where it is free on each.
    private func listenAnywhere(on addresses: [IPAddress]) async throws(DoorError) {
        let isClosed = { (ip: IPAddress) in !self.doorAddresses.contains { $0.ip == ip } }
        do {
            try await listen(on: addresses.filter(isClosed), at: 0)
        } catch {
            for ip in addresses where isClosed(ip) { try await listen(on: [ip], at: 0) }
        }
    }

    /// Those of our addresses that have no door, though there is room for one.
    func withoutDoor(of present: [IPAddress]) -> [IPAddress] {
        guard let door else { return [] }
        return present.prefix(Self.doorLimit).filter { ip in !door.addresses.contains { $0.ip == ip } }
    }

    /// Doors at addresses that this computer has no more.
    func lostDoors(of present: [IPAddress]) -> [TransportAddress] { doorAddresses.filter { !present.contains($0.ip) } }

    /// Listeners at most: each is a candidate, and with its router's another one.
    private static let doorLimit = 4

    private func listen(on addresses: [IPAddress], at wanted: UInt16) async throws(DoorError) {
        var port = wanted
        for ip in addresses where doorAddresses.count < Self.doorLimit {
            let opened = try await Door.listen(on: ip, port: port, loop: loop) { channel, ends in
                self.assumeIsolated { $0.arrived(channel, ends) }
            }
            guard let listener = opened else { continue }
            guard let door, !isOver else { return listener.close(promise: nil) }
            guard let local = door.add(listener) else { continue }
            port = local.port
            let preference = Candidate.highestLocalPreference - UInt16(clamping: door.addresses.count - 1)
            offer(.passiveTCP(local, localPreference: preference), at: MonotonicClock.now())
        }
    }

    /// The address is gone, or the port is given up.
    func closeDoor(at address: TransportAddress) {
        door?.close(address)
        forgetStreams(at: address, at: MonotonicClock.now())
    }

    // MARK: Who comes

    private func arrived(_ channel: any NIOCore.Channel, _ ends: StreamEnds) -> Bool {
        guard !isOver, let door else { return false }
        let number = nextStreamNumber()
        let now = MonotonicClock.now()
        do {
            try channel.pipeline.syncOperations.addHandler(
                StreamHandler { event in self.assumeIsolated { $0.received(event, on: number, ends) } })
        } catch {
            return false
        }
        door.admit(number, channel, from: ends.remote.ip, at: now)
        schedule(at: now)
        return true
    }

    /// What a connection that has shown nothing yet brings.
    func received(_ bytes: [UInt8], fromGuest number: Int, _ ends: StreamEnds) {
        guard let door, let shown = door.receive(bytes, from: number) else { return }
        switch shown {
        case .unclear:
            break
        case .call(let call):
            // The relay looks whether the port is open; the call is all that it has to say.
            _ = calls.take(call, from: ends.remote)
            door.sendAway(number)
        case .check(let check, let rest):
            guard agent.recognizes(check) else { return sendAway(number, ends) }
            guard let channel = door.release(number) else { return }
            let now = MonotonicClock.now()
            ClientLog.path.debug("somebody came in by the door", metadata: ["from": "\(ends.remote)"])
            let stream = PacketStream(number, ends, channel: channel, at: now)
            stream.isProven = true
            keep(stream, at: now)
            take(check, from: ends, at: now)
            for packet in stream.receive(rest, at: now) { take(packet, from: ends, at: now) }
            drain()
        case .stranger:
            sendAway(number, ends)
        }
    }

    private func sendAway(_ number: Int, _ ends: StreamEnds) {
        ClientLog.path.debug("a stranger was sent away from the door", metadata: ["from": "\(ends.remote)"])
        door?.sendAway(number)
    }
}
