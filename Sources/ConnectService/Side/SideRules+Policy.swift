public import Policy
public import Session

extension SideRules {
    /// What a policy leaves of what these programs can do.
    ///
    /// - Parameter lending: the connections that may be asked for.
    public init(_ policy: Policy, lending: [Destination] = []) {
        self.init(files: Ways(policy.files), clipboard: Ways(policy.clipboard), tcp: lending)
    }

    /// Less what there is nobody for.
    func offered(by kinds: some Sequence<Capability>) -> SideRules {
        let kinds = Set(kinds)
        var rules = self
        if !kinds.contains(.file) { rules.files = [] }
        if !kinds.contains(.clipboard) { rules.clipboard = [] }
        if !kinds.contains(.tcp) { rules.tcp = nil }
        return rules
    }
}

extension SideRules.Ways {
    init(_ directions: Directions) {
        switch directions {
        case .none: self = []
        case .send: self = .send
        case .receive: self = .receive
        case .both: self = .both
        }
    }
}
