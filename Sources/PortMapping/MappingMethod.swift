/// A way to ask a router to open a port.
public enum MappingMethod: String, Hashable, Sendable, CaseIterable {
    /// UPnP Internet Gateway Device, versions 1 and 2.
    case upnp
    /// NAT Port Mapping Protocol (RFC 6886).
    case natPMP = "nat-pmp"
    /// Port Control Protocol (RFC 6887), NAT-PMP's successor.
    case pcp
}
