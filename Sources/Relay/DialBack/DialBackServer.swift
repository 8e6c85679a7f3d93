public import NetPrimitives
import STUN

/// The relay's dial-back: has the port of somebody who asks tried from outside, at the asker's own address alone.
///
/// What is sent is a Binding request whose transaction ID is the asker's nonce (RFC 8489 §6): once over TCP, after which
/// the connection is closed; over UDP until it is answered, four times at most. The driver performs `nextOutput()` after
/// every call and tells what became of it.
public struct DialBackServer: Sendable {
    /// One dial, as the driver and the machine number it.
    public struct ID: Hashable, Sendable {
        public let number: UInt64
    }

    public enum Output: Hashable, Sendable {
        /// TCP: connect, then say `connected` or `failed`. UDP: open a port on the address, then say what comes to it.
        case open(ID, TransportProtocol, from: IPAddress, to: TransportAddress)
        case send(ID, [UInt8])
        /// A datagram from a port that is listened on.
        case sendFromListener([UInt8], FiveTuple)
        /// The socket's end, when it has one, and the answer to who asked.
        case finish(ID, DialBackResult)
    }

    /// Why there is no connection.
    public enum Failure: Hashable, Sendable {
        case reset
        case unreachable
    }

    /// What is counted for metrics.
    public struct Counters: Hashable, Sendable {
        public var tcp = Tally<DialBackResult>()
        public var udp = Tally<DialBackResult>()
        public var refused = Tally<DialBackRefusal>()

        public init() {}
    }

    /// UDP: sent at 0, 250, 750 and 1750 ms, given up after 2.75 s, when a TCP connection is.
    static let timing = ClientTransaction.Timing(initialRTO: .milliseconds(250), requestCount: 4, finalWaitFactor: 4)

    private struct Dial: Sendable {
        enum State: Sendable {
            case connecting(until: Instant)
            case asking(BindingClient)
            /// From a port that is listened on.
            case telling(ClientTransaction, FiveTuple)
        }

        let asker: IPAddress
        let request: [UInt8]
        var state: State

        var deadline: Instant? {
            switch state {
            case .connecting(let until): until
            case .asking(let client): client.nextDeadline
            case .telling(let transaction, _): transaction.nextDeadline
            }
        }
    }

    private let limits: DialBackLimits
    private var sources: DialBackSources
    private var total: RateLimit?
    private var dials: [ID: Dial] = [:]
    private var lastNumber: UInt64 = 0
    private var outputs: [Output] = []
    public private(set) var counters = Counters()

    public init(limits: DialBackLimits = DialBackLimits()) {
        self.limits = limits
        sources = DialBackSources(limits)
    }

    /// Dials under way.
    public var count: Int { dials.count }

    /// Sources that are remembered.
    public var sourceCount: Int { sources.count }

    public var nextDeadline: Instant? { dials.values.compactMap(\.deadline).min() }

    public mutating func nextOutput() -> Output? { outputs.isEmpty ? nil : outputs.removeFirst() }

    // MARK: Requests

    /// Begins a dial.
    ///
    /// - Parameters:
    ///   - asker: where the request came from, over a connection: who is there has been proven.
    ///   - server: the address of ours that it came to, from which is dialled.
    ///   - listening: the UDP addresses that are listened on.
    public mutating func begin(
        _ request: DialBackRequest, for asker: IPAddress, at server: IPAddress, listening: [TransportAddress], policy: PeerPolicy,
        now: Instant
    ) throws(DialBackRefusal) -> ID {
        do throws(DialBackRefusal) {
            try admit(request, asker, server.unmapped, listening, policy, now)
        } catch {
            counters.refused.count(error)
            throw error
        }
        lastNumber += 1
        let id = ID(number: lastNumber)
        let client = TransportAddress(ip: asker.unmapped, port: request.port)
        let binding = MessageBuilder(.request, .binding, transactionID: request.nonce).finish(fingerprint: true)
        let state: Dial.State
        if let via = request.via {
            let fiveTuple = FiveTuple(
                transport: .udp, client: client, server: TransportAddress(ip: server.unmapped, port: via))
            state = .telling(
                ClientTransaction(id: request.nonce, request: binding, timing: Self.timing, at: now), fiveTuple)
            outputs.append(.sendFromListener(binding, fiveTuple))
        } else {
            outputs.append(.open(id, request.transport, from: server.unmapped, to: client))
            switch request.transport {
            case .tcp:
                state = .connecting(until: now + limits.patience)
            case .udp:
                var asking = BindingClient(server: client, id: request.nonce, timing: Self.timing, at: now)
                if let first = asking.nextTransmit() { outputs.append(.send(id, first.payload)) }
                state = .asking(asking)
            }
        }
        dials[id] = Dial(asker: asker, request: binding, state: state)
        return id
    }

    private mutating func admit(
        _ request: DialBackRequest, _ asker: IPAddress, _ server: IPAddress, _ listening: [TransportAddress],
        _ policy: PeerPolicy, _ now: Instant
    ) throws(DialBackRefusal) {
        guard DialBackLimits.allows(port: request.port) else { throw .port }
        guard policy.verdict(for: asker.unmapped) == .allowed else { throw .address }
        if let via = request.via {
            // The address that the answer comes from must be the asked one, as through a firewall no other gets.
            let isListening = listening.contains {
                $0.port == via && $0.family == server.family && ($0.ip == server || $0.ip.isUnspecified)
            }
            guard isListening else { throw .notListening }
        }
        guard dials.count < limits.underWay else { throw .busy }
        var rate = total ?? RateLimit(at: now)
        guard rate.take(1, of: limits.total, at: now) else { throw .rate }
        try sources.begin(asker, at: now)
        total = rate
    }

    // MARK: What became of it

    /// A TCP connection is there.
    public mutating func connected(_ id: ID) {
        guard let dial = dials[id], case .connecting = dial.state else { return }
        outputs.append(.send(id, dial.request))
        finish(id, .open)
    }

    /// A connection did not come about, or a port could not be opened.
    public mutating func failed(_ id: ID, _ failure: Failure) {
        switch failure {
        case .reset: finish(id, .refused)
        case .unreachable: finish(id, .filtered)
        }
    }

    /// A datagram that came to the port of a dial.
    public mutating func receive(_ bytes: [UInt8], from source: TransportAddress, on id: ID, at now: Instant) {
        guard var dial = dials[id], case .asking(var client) = dial.state, let message = try? Message(decoding: bytes),
            client.receive(message, from: source, at: now)
        else { return }
        dial.state = .asking(client)
        dials[id] = dial
        // A refusal is an answer too.
        if client.outcome != nil { finish(id, .open) }
    }

    public mutating func handleTimeout(at now: Instant) {
        for (id, dial) in dials where dial.deadline.map({ $0 <= now }) == true { handleTimeout(id, dial, at: now) }
    }

    private mutating func handleTimeout(_ id: ID, _ former: Dial, at now: Instant) {
        var dial = former
        switch dial.state {
        case .connecting:
            return finish(id, .filtered)
        case .asking(var client):
            client.handleTimeout(at: now)
            if let again = client.nextTransmit() { outputs.append(.send(id, again.payload)) }
            if client.outcome != nil { return finish(id, .filtered) }
            dial.state = .asking(client)
        case .telling(var transaction, let fiveTuple):
            switch transaction.handleTimeout(at: now) {
            case .wait: break
            case .retransmit: outputs.append(.sendFromListener(transaction.request, fiveTuple))
            case .giveUp: return finish(id, .sent)
            }
            dial.state = .telling(transaction, fiveTuple)
        }
        dials[id] = dial
    }

    private mutating func finish(_ id: ID, _ result: DialBackResult) {
        guard let dial = dials.removeValue(forKey: id) else { return }
        sources.end(dial.asker)
        switch dial.state {
        case .connecting: counters.tcp.count(result)
        case .asking, .telling: counters.udp.count(result)
        }
        outputs.append(.finish(id, result))
    }
}
