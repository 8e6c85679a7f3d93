import NetPrimitives
import STUN

// What the client asks the server: requests with the long-term credentials (RFC 8656 §5, RFC 8489 §9.2).
extension AllocationClient {
    mutating func start(_ purpose: ClientRequest.Purpose, challenges: Int = 0, at now: Instant) {
        let id = TransactionID(using: &random)
        var builder = MessageBuilder(.request, purpose.method, transactionID: id)
        addAttributes(of: purpose, to: &builder)
        if let challenge = credentials.challenge {
            challenge.add(username: credentials.username, to: &builder)
        }
        let bytes = builder.finish(
            key: credentials.challenge?.key, algorithm: credentials.challenge?.integrity ?? .sha1, fingerprint: true)
        requests[id] = ClientRequest(
            purpose: purpose,
            transaction: ClientTransaction(
                id: id, request: bytes, timing: transport == .udp ? .unreliable : .reliable, at: now),
            realm: credentials.challenge?.realm, challenges: challenges)
        transmits.push(bytes)
    }

    private func addAttributes(of purpose: ClientRequest.Purpose, to builder: inout MessageBuilder) {
        switch purpose {
        case .allocate:
            builder.add(RequestedTransport(.udp))
            if let requestedFamily { builder.add(RequestedAddressFamily(requestedFamily)) }
            if let software { builder.add(Software(software)) }
        case .refresh:
            if let software { builder.add(Software(software)) }
        case .release:
            builder.add(Lifetime(0))
        case .permission(let ip):
            builder.add(XORPeerAddress(TransportAddress(ip: ip, port: 0)))
        case .channel(let peer):
            if let channel = channels[peer] { builder.add(channel.number) }
            builder.add(XORPeerAddress(peer))
        }
    }

    /// A request was given up: the server has been silent for 39.5 s.
    mutating func handleSilence() {
        switch phase {
        case .allocating: finish(.failed(.timedOut))
        case .allocated: finish(.lost)
        case .abandoning, .closing: finish(nil)
        case .finished: break
        }
    }
}
