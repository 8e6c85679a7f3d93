import NetPrimitives
import PortMapping

/// What comes from a router, or from whoever says to be one: PCP's and NAT-PMP's datagrams, at any time, and then what a
/// lease makes of it. The routing table is the kernel's, and read as carefully.
func fuzz(_ bytes: [UInt8]) {
    if let response = try? PCPResponse(decoding: bytes) {
        expect(bytes.count >= 24 && bytes.count <= PCPFormat.maximumCount, "a response of \(bytes.count) octets: \(response)")
    }
    if NATPMPAnnouncement(bytes) != nil { expect(bytes.count == 12, "an announcement of \(bytes.count) octets") }
    let text = String(decoding: bytes, as: UTF8.self)
    for family in IPAddress.Family.allCases {
        let routes = KernelRoute.parse(text, family)
        expect(DefaultRoute.among(routes).allSatisfy { $0.gateway.family == family }, "a way out of the other family")
        expect(LinkRoute.among(routes).allSatisfy { $0.base.family == family }, "a network of the other family")
    }
    converse(bytes)
}

/// Each step is a number, then a datagram or a time. The client's nonce is 1 to 12, as in the seeds.
private func converse(_ bytes: [UInt8]) {
    guard let nonce = PCPNonce(bytes: Array(1...12)) else { return }
    let server = TransportAddress(ip: .v4(0xC0A8_0101), port: PCPFormat.serverPort)
    var client = PCPClient(
        server: server, client: .v4(0xC0A8_010A), nonce: nonce, transport: .udp, internalPort: 5000, random: Counting())
    var lease = Lease(internalPort: 5000, lifetime: .seconds(600), random: Counting())
    var question = lease.start()
    var input = Input(bytes)
    var now = Instant.zero
    while !input.isEmpty {
        if let ask = question, !client.isAsking {
            let suggested = TransportAddress(ip: ask.externalAddress ?? .anyV4, port: ask.externalPort)
            client.ask(.map(suggested: suggested, lifetime: ask.lifetime ?? .seconds(600)), patience: .seconds(5), at: now)
        }
        switch input.byte() % 4 {
        case 0: client.receive(input.bytes(input.number(0...80)), from: server, at: now)
        case 1: client.receiveAnnouncement(input.bytes(24), from: server, at: now)
        case 2: now += .milliseconds(Int64(input.number(0...65535)))
        default: now = max(Optional.earliest(client.nextDeadline, lease.nextDeadline) ?? now, now)
        }
        client.handleTimeout(at: now)
        while client.nextTransmit() != nil {}
        while let event = client.nextEvent() { question = hear(event, &lease, at: now) ?? question }
        if question == nil { question = lease.handleTimeout(at: now) }
        while lease.nextEvent() != nil {}
    }
}

/// What the lease asks next; nil where the event is no answer.
private func hear(_ event: PCPClient.Event, _ lease: inout Lease, at now: Instant) -> Ask?? {
    switch event {
    case .granted(let grant): .some(lease.receive(.granted(grant), at: now))
    case .refused(_, let pause): .some(lease.receive(.later(.outOfResources, after: pause), at: now))
    case .restarted: .some(lease.routerRestarted(isAnnounced: true, at: now))
    case .otherVersion: .some(lease.receive(.failed(.noRouter), at: now))
    case .silent: .some(lease.receive(.unanswered(.noRouter), at: now))
    case .present, .deleted: nil
    }
}

/// The same "chance" in every run, so that an input means the same.
private struct Counting: RandomNumberGenerator {
    private var state: UInt64 = 0
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return state
    }
}
