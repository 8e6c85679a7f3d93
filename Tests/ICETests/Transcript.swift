import ICE
import NetPrimitives
import STUN
import TestSupport

/// An agent at 10.0.0.1:1000 and a scripted peer at 10.0.0.2:2000, with the time between them.
struct Transcript {
    static let base = TransportAddress(ip: .v4(0x0A00_0001), port: 1000)

    var agent: Agent
    var peer = ScriptedPeer("10.0.0.2:2000")
    var now = Instant.zero

    /// - Parameter introduces: whether the agent knows the peer's credentials and its host candidate.
    init(role: Role, introduces: Bool = true, configuration: Agent.Configuration = Agent.Configuration()) {
        var random = SplitMix64(seed: 1)
        agent = Agent(
            role: role, localCredentials: Credentials(using: &random), configuration: configuration, random: random)
        agent.addLocalCandidate(.host(Self.base), at: now)
        guard introduces else { return }
        agent.setRemoteCredentials(peer.credentials, at: now)
        agent.addRemoteCandidate(.host(peer.address), at: now)
    }

    /// A selected pair, with nothing left to drain.
    static func connected() throws -> Transcript {
        var transcript = Transcript(role: .controlling)
        transcript.agent.endOfLocalCandidates(at: transcript.now)
        transcript.agent.endOfRemoteCandidates(at: transcript.now)
        for _ in 0..<2 {
            for request in transcript.requests() { transcript.hear(try transcript.peer.answer(request)) }
            transcript.pass(.milliseconds(20))
        }
        for request in transcript.requests() { transcript.hear(try transcript.peer.answer(request)) }
        _ = transcript.events()
        return transcript
    }

    /// Lets time pass, with every deadline on the way.
    mutating func pass(_ duration: Duration) {
        let end = now + duration
        while let deadline = agent.nextDeadline, deadline <= end {
            now = max(now, deadline)
            agent.handleTimeout(at: now)
        }
        now = end
    }

    /// The peer sends.
    @discardableResult
    mutating func hear(_ bytes: [UInt8], from address: TransportAddress? = nil) -> Agent.Reception {
        agent.receive(bytes, on: Self.base, from: address ?? peer.address, at: now)
    }

    mutating func transmits() -> [Transmit] {
        var all: [Transmit] = []
        while let transmit = agent.nextTransmit() { all.append(transmit) }
        return all
    }

    mutating func requests() -> [Transmit] { transmits().filter { Self.messageClass(of: $0) == .request } }

    /// Answers the agent gave, decoded.
    mutating func answers() -> [Message] {
        transmits().compactMap { try? Message(decoding: $0.payload) }.filter { $0.messageClass != .request }
    }

    mutating func events() -> [Agent.Event] {
        var all: [Agent.Event] = []
        while let event = agent.nextEvent() { all.append(event) }
        return all
    }

    static func messageClass(of transmit: Transmit) -> MessageClass? {
        (try? Message(decoding: transmit.payload))?.messageClass
    }
}
