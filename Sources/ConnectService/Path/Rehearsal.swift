import DTLS
import HostNetwork
import NetPrimitives
import Rendezvous
import SCTP

/// A session's handshakes with ourselves, in memory, before there is anybody to shake hands with.
///
/// OpenSSL looks up its algorithms, usrsctp starts, Foundation finds out how a message's fields are read, and the linker binds
/// what is called, all at first use: milliseconds that would each come while the other side waits for an answer.
enum Rehearsal {
    /// Steps that the two handshakes take, and as many again.
    private static let steps = 16

    static func run(with identity: Identity) { _ = succeeds(with: identity) }

    /// - Returns: whether the association came up; nobody needs to know, but a test.
    static func succeeds(with identity: Identity) -> Bool {
        let said = [
            PeerPayload.description(PeerDescription(name: "", fingerprint: "", usernameFragment: "", password: "")),
            .candidate(line: "", isMapped: false, generation: 0), .endOfCandidates(generation: 0),
        ]
        for payload in said { _ = try? PeerPayload(parsing: payload.text) }
        let now = MonotonicClock.now()
        guard let client = try? Endpoint(role: .client, identity: identity, expecting: identity.fingerprint),
            let server = try? Endpoint(role: .server, identity: identity, expecting: identity.fingerprint)
        else { return false }
        client.start(at: now)
        for _ in 0..<steps {
            while let packet = client.nextTransmit() { server.receive(packet, at: now) }
            while let packet = server.nextTransmit() { client.receive(packet, at: now) }
        }
        guard client.nextEvent() == .connected, server.nextEvent() == .connected,
            let opener = try? Association(role: .client, at: now), let other = try? Association(role: .server, at: now)
        else { return false }
        defer {
            opener.abort()
            other.abort()
        }
        _ = try? opener.open(label: "rehearsal")
        for _ in 0..<steps {
            carry(from: opener, through: client, server, to: other, at: now)
            carry(from: other, through: server, client, to: opener, at: now)
        }
        return opener.nextEvent() == .connected && other.nextEvent() == .connected
    }

    private static func carry(
        from sender: Association, through near: Endpoint, _ far: Endpoint, to receiver: Association, at now: Instant
    ) {
        while let packet = sender.nextTransmit() { try? near.send(packet) }
        while let record = near.nextTransmit() { far.receive(record, at: now) }
        while case .data(let packet)? = far.nextEvent() { receiver.receive(packet, at: now) }
    }
}
