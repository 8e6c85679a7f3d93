/// The path a session runs on, as people and tools are told of it.
public struct PathDescription: Hashable, Sendable {
    /// In the order of preference.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Host to host.
        case direct
        /// Through a port that UPnP, NAT-PMP or PCP opened on either side.
        case mapped
        /// Through reflexive addresses.
        case punched
        /// Through TURN.
        case relayed
    }

    /// Of the reporter's own first leg.
    public enum Transport: String, Hashable, Sendable, CaseIterable { case udp, tcp, tls }

    public var kind: Kind
    public var transport: Transport
    /// `ip:port`.
    public var local: String
    public var remote: String

    public init(kind: Kind, transport: Transport, local: String, remote: String) {
        self.kind = kind
        self.transport = transport
        self.local = local
        self.remote = remote
    }

    /// For a person who does not know what a candidate is.
    public var sentence: String {
        switch kind {
        case .direct: "Directly connected."
        case .mapped: "Directly connected, through a door the router opened."
        case .punched: "Directly connected, through both routers."
        case .relayed: "Connected through the relay."
        }
    }
}

/// One pair of addresses that was tried.
public struct TriedPair: Hashable, Sendable {
    public enum Result: String, Hashable, Sendable, CaseIterable { case succeeded, failed, frozen }

    public var local: String
    public var remote: String
    public var kind: PathDescription.Kind
    public var result: Result
    public var milliseconds: Int64?
    public var why: String?

    public init(
        local: String, remote: String, kind: PathDescription.Kind, result: Result, milliseconds: Int64? = nil,
        why: String? = nil
    ) {
        self.local = local
        self.remote = remote
        self.kind = kind
        self.result = result
        self.milliseconds = milliseconds
        self.why = why
    }
}
