import ICE
import NetPrimitives
import STUN
import TestSupport
import Testing

/// TCP candidates in the machine (RFC 6544).
@Suite struct TCPCandidateTests {
    private static let here = TransportAddress(ip: .v4(0x0A00_0001), port: 3389)
    private static let there = TransportAddress(ip: .v4(0x0A00_0002), port: 3389)
    private static let opened = TransportAddress(ip: .v4(0xCB00_7109), port: 3389)

    private static func agent(_ role: Role, seed: UInt64) -> Agent {
        var random = SplitMix64(seed: seed)
        return Agent(role: role, localCredentials: Credentials(using: &random), random: random)
    }

    /// Two agents; what the active one sends on a connection reaches the passive one from `port`.
    private struct Pair {
        var active = TCPCandidateTests.agent(.controlling, seed: 1)
        var passive = TCPCandidateTests.agent(.controlled, seed: 2)
        var now = Instant.zero
        /// As the passive side sees it.
        let client: TransportAddress
        /// Where the active side connects to.
        let server: TransportAddress
        var requests = 0

        init(client: TransportAddress, server: TransportAddress, isMapped: Bool = false) {
            self.client = client
            self.server = server
            let local = Candidate.activeTCP(TCPCandidateTests.here.ip)
            let remote: Candidate =
                isMapped ? .mappedPassiveTCP(server, base: TCPCandidateTests.there) : .passiveTCP(server)
            active.addLocalCandidate(local, at: now)
            passive.addLocalCandidate(remote, at: now)
            active.addRemoteCandidate(remote, at: now)
            passive.addRemoteCandidate(local, at: now)
            active.setRemoteCredentials(passive.localCredentials, at: now)
            passive.setRemoteCredentials(active.localCredentials, at: now)
        }

        mutating func run(for duration: Duration) {
            let end = now + duration
            while now < end {
                while let transmit = active.nextTransmit() {
                    requests += 1
                    #expect(transmit.transport == .tcp)
                    #expect(transmit.destination == server)
                    #expect(transmit.source?.port == Candidate.unknownPort)
                    _ = passive.receive(
                        transmit.payload, on: TCPCandidateTests.there, from: client, transport: .tcp, at: now)
                }
                while let transmit = passive.nextTransmit() {
                    #expect(transmit.transport == .tcp)
                    #expect(transmit.source == TCPCandidateTests.there)
                    guard transmit.destination == client else { continue }
                    _ = active.receive(
                        transmit.payload,
                        on: TransportAddress(ip: TCPCandidateTests.here.ip, port: Candidate.unknownPort), from: server,
                        transport: .tcp, at: now)
                }
                now += .milliseconds(10)
                active.handleTimeout(at: now)
                passive.handleTimeout(at: now)
            }
        }
    }

    @Test("a connection between hosts is a direct path, for both sides")
    func direct() {
        var pair = Pair(client: TransportAddress(ip: Self.here.ip, port: 51_000), server: Self.there)
        pair.run(for: .seconds(1))
        #expect(pair.active.selectedPair?.kind == .direct)
        #expect(pair.passive.selectedPair?.kind == .direct)
        #expect(pair.active.selectedPair?.transport == .tcp)
        #expect(pair.active.selectedPair?.local.address.port == 51_000)
        #expect(pair.passive.selectedPair?.destination.port == 51_000)
        #expect(pair.active.dataPair == pair.active.selectedPair)
    }

    @Test("a connection to a port that a router opened is a mapped path, for both sides")
    func mapped() {
        var pair = Pair(
            client: TransportAddress(ip: .v4(0xC633_6407), port: 4444), server: Self.opened, isMapped: true)
        pair.run(for: .seconds(1))
        #expect(pair.active.selectedPair?.kind == .mapped)
        #expect(pair.passive.selectedPair?.kind == .mapped)
    }

    @Test("a check is sent once over TCP, and given up after ten seconds")
    func patience() {
        var agent = Self.agent(.controlling, seed: 1)
        agent.addLocalCandidate(.activeTCP(Self.here.ip), at: .zero)
        agent.addRemoteCandidate(.passiveTCP(Self.there), at: .zero)
        var random = SplitMix64(seed: 9)
        agent.setRemoteCredentials(Credentials(using: &random), at: .zero)
        var sent = 0
        var now = Instant.zero
        while now < .zero + .milliseconds(9_990) {
            while agent.nextTransmit() != nil { sent += 1 }
            now += .milliseconds(10)
            agent.handleTimeout(at: now)
        }
        #expect(sent == 1)
        let unanswered = agent.report(at: now)
        #expect(unanswered.map(\.result) == [.frozen])
        #expect(unanswered.map(\.elapsed) == [now - .zero])
        #expect(unanswered.map(\.why) == ["no answer yet"])
        agent.handleTimeout(at: .zero + .seconds(10))
        #expect(agent.report(at: .zero + .seconds(10)).map(\.why) == ["no answer"])
    }

    @Test("a connection that cannot be made fails its pair at once; one that ends takes data elsewhere")
    func connectionFailed() {
        var pair = Pair(client: TransportAddress(ip: Self.here.ip, port: 51_000), server: Self.there)
        let source = TransportAddress(ip: Self.here.ip, port: Candidate.unknownPort)
        pair.active.connectionFailed(from: source, to: Self.there, at: pair.now)
        #expect(pair.active.report(at: pair.now).map(\.why) == ["no connection"])

        var other = Pair(client: TransportAddress(ip: Self.here.ip, port: 51_000), server: Self.there)
        other.run(for: .seconds(1))
        other.active.connectionFailed(from: source, to: Self.there, at: other.now)
        #expect(other.active.dataPair == nil)
        #expect(!other.active.maySendData(at: other.now))
        #expect(other.active.hasLostSelectedPair)
    }

    @Test("a connection that ends after it has worked is made anew, and carries data again")
    func connectionEnds() {
        var pair = Pair(client: TransportAddress(ip: Self.here.ip, port: 51_000), server: Self.there)
        pair.run(for: .seconds(1))
        let source = TransportAddress(ip: Self.here.ip, port: Candidate.unknownPort)
        pair.active.connectionFailed(from: source, to: Self.there, at: pair.now)
        #expect(pair.active.dataPair == nil)
        let sent = pair.requests
        pair.run(for: .milliseconds(100))
        #expect(pair.requests > sent)
        #expect(pair.active.dataPair == pair.active.selectedPair)
        #expect(pair.active.maySendData(at: pair.now) && !pair.active.hasLostSelectedPair)
        // It cannot be made anew: nothing is tried in a circle.
        pair.active.connectionFailed(from: source, to: Self.there, at: pair.now)
        pair.active.connectionFailed(from: source, to: Self.there, at: pair.now)
        while pair.active.nextTransmit() != nil {}
        pair.active.handleTimeout(at: pair.now + .seconds(1))
        #expect(pair.active.nextTransmit() == nil)
        #expect(pair.active.report(at: pair.now).map(\.why) == ["no connection"])
    }

    @Test("whoever holds our credentials is told from a stranger, and nothing changes by it")
    func recognizes() {
        var pair = Pair(client: TransportAddress(ip: Self.here.ip, port: 51_000), server: Self.there)
        var stranger = Pair(client: TransportAddress(ip: Self.here.ip, port: 51_000), server: Self.there)
        stranger.active = Self.agent(.controlling, seed: 3)
        stranger.active.addLocalCandidate(.activeTCP(Self.here.ip), at: .zero)
        stranger.active.addRemoteCandidate(.passiveTCP(Self.there), at: .zero)
        var random = SplitMix64(seed: 77)
        stranger.active.setRemoteCredentials(Credentials(using: &random), at: .zero)
        let (good, bad) = (pair.active.nextTransmit()?.payload ?? [], stranger.active.nextTransmit()?.payload ?? [])
        #expect(!good.isEmpty && !bad.isEmpty)
        let passive = pair.passive
        #expect(passive.recognizes(good))
        #expect(!passive.recognizes(bad))
        var damaged = good
        damaged[good.count / 2] ^= 1
        #expect(!passive.recognizes(damaged))
        #expect(!passive.recognizes([]) && !passive.recognizes(Array(good.prefix(20))))
        #expect(passive.nextDeadline == pair.passive.nextDeadline)
    }

    @Test("who connects to whom", arguments: TCPType.allCases)
    func pairing(_ remote: TCPType) {
        var agent = Self.agent(.controlling, seed: 1)
        agent.addLocalCandidate(.activeTCP(Self.here.ip), at: .zero)
        agent.addLocalCandidate(.passiveTCP(Self.here), at: .zero)
        agent.addLocalCandidate(.host(Self.here), at: .zero)
        var candidate = Candidate.passiveTCP(Self.there)
        candidate.tcpType = remote
        let isTaken = agent.addRemoteCandidate(candidate, at: .zero)
        #expect(isTaken)
        #expect(agent.report(at: .zero).count == (remote == .passive ? 1 : 0))
    }

    @Test("UDP and TCP at one address are two candidates, and UDP is preferred where both work")
    func both() throws {
        var agent = Self.agent(.controlling, seed: 1)
        agent.addLocalCandidate(.activeTCP(Self.here.ip), at: .zero)
        agent.addLocalCandidate(.host(Self.here), at: .zero)
        agent.addRemoteCandidate(.passiveTCP(Self.there), at: .zero)
        agent.addRemoteCandidate(.host(Self.there), at: .zero)
        #expect(agent.report(at: .zero).count == 2)
        let peer = ScriptedPeer("10.0.0.2:3389")
        agent.setRemoteCredentials(peer.credentials, at: .zero)
        var now = Instant.zero
        var isFirst = true
        while agent.selectedPair == nil, now < .zero + .seconds(2) {
            while let transmit = agent.nextTransmit() {
                // The first check over UDP is lost.
                defer { if transmit.transport == .udp { isFirst = false } }
                guard transmit.transport == .tcp || !isFirst else { continue }
                let answer = try peer.answer(transmit, mapped: Self.here)
                _ = agent.receive(
                    answer, on: try #require(transmit.source), from: transmit.destination,
                    transport: transmit.transport == .tcp ? .tcp : .udp, at: now)
            }
            now += .milliseconds(10)
            agent.handleTimeout(at: now)
        }
        #expect(agent.selectedPair?.transport == .udp)
        #expect(agent.selectedPair?.kind == .direct)
    }
}
