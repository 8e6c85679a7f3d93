import ICE

/// What theory says of two homes: the best path that any two agents could find, from RFC 4787's words alone. It knows
/// nothing of `VirtualNAT`, of candidates or of checks.
///
/// A host behind a NAT is known to the other side by the address that a server saw (R). What it sends to the other comes
/// from R when the mapping is endpoint-independent, and else from an address that nobody knows before it has arrived (P).
enum Oracle {
    static func bestKind(_ left: VirtualInternet.Home, _ right: VirtualInternet.Home) -> PathKind {
        let (first, second) = (left.nats.first, right.nats.first)
        if [first, second].contains(where: { $0?.blocksUDP == true }) { return .relayed }
        if first == nil, second == nil { return .direct }
        if left.opensPort || right.opensPort { return .mapped }
        guard let first, let second else { return .punched }  // whoever is behind nothing can be called
        return canPunch(first, second) ? .punched : .relayed
    }

    static func canPunch(_ left: NATBehavior, _ right: NATBehavior) -> Bool {
        switch (left.mapping == .endpointIndependent, right.mapping == .endpointIndependent) {
        case (true, true):
            // Each knows where the other's packets come from, and its own open the filter to them.
            return true
        case (true, false):
            return hears(left)
        case (false, true):
            return hears(right)
        case (false, false):
            // Neither knows the other's P. One has to let the first packet in at its R, from whoever it is…
            let mayBegin =
                left.filtering == .endpointIndependent && hears(right)
                || right.filtering == .endpointIndependent && hears(left)
            // …and then the two addresses must stay as they are: where both depend on the port, each answer comes from
            // yet another one.
            let isStable = left.mapping == .addressDependent || right.mapping == .addressDependent
            return mayBegin && isStable
        }
    }

    /// Whether a packet from the other's P gets in, when this side has sent to the other's R: the same host, another port.
    private static func hears(_ nat: NATBehavior) -> Bool { nat.filtering != .addressAndPortDependent }
}
