public import NetPrimitives

/// A transport address at which an agent may be reached (RFC 8445 §5.1.1).
public struct Candidate: Hashable, Sendable {
    public var type: CandidateType
    /// Whether a router opened the address by UPnP, NAT-PMP or PCP. Signalled as `typ srflx … mapped 1`,
    /// which other agents read as a plain server-reflexive candidate.
    public var isMapped: Bool
    public var transport: CandidateTransport
    /// Of TCP candidates alone. Nil for a peer-reflexive one, which is an end of a connection that is there.
    public var tcpType: TCPType?
    /// 1...256; this agent pairs component 1 alone.
    public var component: UInt16
    /// Where the peer sends to.
    public var address: TransportAddress
    /// Where this agent sends from: the interface's address, or a relayed candidate's own.
    /// Means something for local candidates only.
    public var base: TransportAddress
    /// What `raddr` and `rport` tell, for diagnostics; never used for sending.
    public var relatedAddress: TransportAddress?
    /// 1...2³¹−1.
    public var priority: UInt32
    /// Equal for candidates that are likely to work or fail together (RFC 8445 §5.1.1.3): 1 to 32 ice-chars.
    public var foundation: String

    public init(
        type: CandidateType, isMapped: Bool = false, transport: CandidateTransport = .udp,
        tcpType: TCPType? = nil, component: UInt16 = 1,
        address: TransportAddress, base: TransportAddress? = nil, relatedAddress: TransportAddress? = nil,
        priority: UInt32, foundation: String
    ) {
        self.type = type
        self.isMapped = isMapped
        self.transport = transport
        self.tcpType = tcpType
        self.component = component
        self.address = address
        self.base = base ?? address
        self.relatedAddress = relatedAddress
        self.priority = priority
        self.foundation = foundation
    }
}

extension Candidate {
    /// What makes two of one side's candidates the same to the other side.
    struct Place: Hashable {
        let transport: CandidateTransport
        let address: TransportAddress
    }

    var place: Place { Place(transport: transport, address: address) }
}

// MARK: - The candidates that a driver gathers

extension Candidate {
    /// The highest local preference: for an agent's only address (RFC 8445 §5.1.2.1). With several
    /// addresses of one type each needs its own; a relayed address whose first leg is TCP or TLS gets a
    /// lower one than over UDP.
    public static let highestLocalPreference: UInt16 = 65_535

    /// An address of an interface, which is its own base.
    public static func host(
        _ address: TransportAddress, localPreference: UInt16 = highestLocalPreference
    ) -> Candidate {
        Candidate(
            type: .host, address: address,
            priority: CandidatePriority.of(.host, isMapped: false, localPreference: localPreference),
            foundation: FoundationText.of(.host, base: address.ip, server: nil))
    }

    /// What `server` saw of `base`.
    public static func serverReflexive(
        _ address: TransportAddress, base: TransportAddress, server: IPAddress,
        localPreference: UInt16 = highestLocalPreference
    ) -> Candidate {
        Candidate(
            type: .serverReflexive, address: address, base: base, relatedAddress: base,
            priority: CandidatePriority.of(.serverReflexive, isMapped: false, localPreference: localPreference),
            foundation: FoundationText.of(.serverReflexive, base: base.ip, server: server))
    }

    /// What a router opened for `base`.
    public static func mapped(
        _ address: TransportAddress, base: TransportAddress, localPreference: UInt16 = highestLocalPreference
    ) -> Candidate {
        Candidate(
            type: .serverReflexive, isMapped: true, address: address, base: base, relatedAddress: base,
            priority: CandidatePriority.of(.serverReflexive, isMapped: true, localPreference: localPreference),
            // The router takes the server's place: RFC 8445 §5.1.1.3 wants a foundation of its own.
            foundation: FoundationText.of(.serverReflexive, base: base.ip, server: address.ip, isMapped: true))
    }

    /// An address at a relay, which is its own base; the relay was asked at `server` and saw `reflexive`.
    ///
    /// Its foundation is its own, and not shared by what the same server gave (RFC 8445 §5.1.1.3). Who has moved has two for a
    /// while, one of them dead, and nobody knows which: checks of one foundation would wait until those of the dead one have
    /// failed, for seconds.
    public static func relayed(
        _ address: TransportAddress, server: IPAddress, reflexive: TransportAddress? = nil,
        localPreference: UInt16 = highestLocalPreference
    ) -> Candidate {
        Candidate(
            type: .relayed, address: address, relatedAddress: reflexive,
            priority: CandidatePriority.of(.relayed, isMapped: false, localPreference: localPreference),
            foundation: FoundationText.of(.relayed, base: address.ip, server: server) + "r\(address.port)")
    }
}

// MARK: - TCP (RFC 6544)

extension Candidate {
    /// The port that stands for the one which an active candidate has not got yet (RFC 6544 §4.5).
    public static let unknownPort: UInt16 = 9

    /// An address of an interface from which connections are opened, each from a port that the system chooses.
    ///
    /// What the agent sends has `address` as its source and `.tcp` as its transport: the driver opens a connection to
    /// the destination where there is none, sends the payload on it framed (`StreamFraming`), and hands in what
    /// comes on it as received on `address`.
    public static func activeTCP(_ ip: IPAddress, localPreference: UInt16 = highestLocalPreference) -> Candidate {
        tcp(.host, .active, TransportAddress(ip: ip, port: unknownPort), base: nil, localPreference: localPreference)
    }

    /// A listener at an address of an interface. What comes on a connection that it has accepted is received on `address`.
    public static func passiveTCP(
        _ address: TransportAddress, localPreference: UInt16 = highestLocalPreference
    ) -> Candidate {
        tcp(.host, .passive, address, base: nil, localPreference: localPreference)
    }

    /// What a router opened for the listener at `base`.
    public static func mappedPassiveTCP(
        _ address: TransportAddress, base: TransportAddress, localPreference: UInt16 = highestLocalPreference
    ) -> Candidate {
        tcp(.serverReflexive, .passive, address, base: base, localPreference: localPreference)
    }

    private static func tcp(
        _ type: CandidateType, _ tcpType: TCPType, _ address: TransportAddress, base: TransportAddress?,
        localPreference: UInt16
    ) -> Candidate {
        let isMapped = type == .serverReflexive
        return Candidate(
            type: type, isMapped: isMapped, transport: .tcp, tcpType: tcpType, address: address, base: base,
            relatedAddress: base,
            priority: CandidatePriority.ofTCP(type, tcpType, isMapped: isMapped, localPreference: localPreference),
            foundation: FoundationText.of(
                type, base: (base ?? address).ip, server: isMapped ? address.ip : nil, isMapped: isMapped,
                transport: .tcp))
    }
}
