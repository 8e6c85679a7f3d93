import NetPrimitives

/// What a NAT does, in the terms of RFC 4787.
struct NATBehavior {
    /// RFC 4787 §4.1 for mappings, §5 for filters.
    enum Dependency: String, CaseIterable {
        case endpointIndependent
        case addressDependent
        case addressAndPortDependent
    }

    var mapping: Dependency = .endpointIndependent
    var filtering: Dependency = .addressAndPortDependent
    /// RFC 4787 §6: hosts inside reach each other by their outer addresses.
    var hairpins = false
    /// RFC 4787 §4.2.1: the inner port outside as well, where it is free.
    var preservesPorts = true
    /// RFC 4787 §4.3: at least 120 s, and 30 s in many a real box.
    var bindingLifetime: Duration = .seconds(30)
    /// The hotel network: no UDP in or out.
    var blocksUDP = false

    static let symmetric = NATBehavior(mapping: .addressAndPortDependent, preservesPorts: false)
    static let blocked = NATBehavior(blocksUDP: true)

    static func cone(_ filtering: Dependency) -> NATBehavior { NATBehavior(filtering: filtering) }
}
