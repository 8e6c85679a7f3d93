import NetPrimitives
import STUN
import TURN

// Binding: a reflexive address for everybody (RFC 8489 §6), and what RFC 5780 adds.
extension RelayMachine {
    /// Nothing is kept. Over IPv4 the answer is at most 1.6 times the request, and 3.4 times with NAT discovery.
    ///
    /// - Parameter size: the request's octets.
    mutating func answerBinding(_ message: Message, size: Int, from client: FiveTuple, at now: Instant) {
        // The answer may go to a port that has not asked, so that what the sender has proven says nothing.
        let mayGoAstray = KnownAttributes.ofNATDiscovery.contains(where: message.contains)
        let isProven = !mayGoAstray && hasProvenItself(client, hasValidNonce: false, at: now)
        guard isProven || host.admitsUnproven(client.client.ip, at: now) else {
            return counters.unprovenSuppressed &+= 1
        }
        let discovery = configuration.natDiscovery?.addresses(for: client)
        let known = discovery == nil ? KnownAttributes.all : KnownAttributes.all.union(KnownAttributes.ofNATDiscovery)
        let unknown = message.unknownAttributes(knowing: known)
        guard unknown.isEmpty else { return refuseBare(message, ErrorCode(420, ""), unknown: unknown, to: client) }
        var answer = MessageBuilder(.successResponse, .binding, transactionID: message.transactionID)
        answer.add(XORMappedAddress(client.client))
        var destination = client
        do throws(RequestRefusal) {
            if let discovery {
                destination = try discover(discovery, message, size: size, from: client, answer: &answer)
            }
        } catch {
            return refuseBare(message, ErrorCode(error.code.code, ""), to: client)
        }
        push(.toClient(destination, answer.finish(fingerprint: message.contains(.fingerprint))))
    }

    /// RFC 5780 §6.1.
    ///
    /// - Returns: where the answer goes, and from where.
    private func discover(
        _ addresses: NATDiscoveryAddresses, _ message: Message, size: Int, from client: FiveTuple,
        answer: inout MessageBuilder
    ) throws(RequestRefusal) -> FiveTuple {
        let change = try message.wellFormed(ChangeRequest.self) ?? ChangeRequest(address: false, port: false)
        let port = try message.wellFormed(ResponsePort.self)?.port
        let isPadded = message.contains(.padding)
        let both = ChangeRequest(address: true, port: true)
        guard port != 0, port == nil || !isPadded, let origin = addresses.origin(change, askedAt: client.server),
            let other = addresses.origin(both, askedAt: client.server)
        else { throw RequestRefusal(.badRequest) }
        answer.add(MappedAddress(client.client))
        answer.add(ResponseOrigin(origin))
        answer.add(OtherAddress(other))
        if isPadded { pad(&answer, to: size - (message.contains(.fingerprint) ? 8 : 0)) }  // FINGERPRINT is still to come
        let asker = TransportAddress(ip: client.client.ip, port: port ?? client.client.port)
        return FiveTuple(transport: .udp, client: asker, server: origin)
    }

    /// An MTU of PADDING (§7.6), but never an answer larger than its request: who asks in somebody else's name gains
    /// nothing by it.
    private func pad(_ answer: inout MessageBuilder, to size: Int) {
        let room = (size - answer.octetCount - 4) & ~3
        if room >= 0 { answer.add(Padding(octetCount: min(1500, room))) }
    }
}
