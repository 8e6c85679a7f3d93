/// A way to ask a router to open a port.
public enum MappingMethod: String, Hashable, Sendable, CaseIterable {
    /// UPnP Internet Gateway Device, versions 1 and 2.
    case upnp
    /// NAT Port Mapping Protocol (RFC 6886).
    case natPMP = "nat-pmp"
    /// Port Control Protocol (RFC 6887), NAT-PMP's successor.
    case pcp

    /// Whether it deletes by our port alone (RFC 6886 §3.4). A router that keeps the mappings of all methods in one table may
    /// then delete another method's, when that leads to the same port.
    var deletesByInternalPort: Bool { self == .natPMP }

    /// Whether it has words for what is asked for.
    func opens(_ request: MappingRequest) -> Bool { request.remote == nil || self == .pcp }
}
