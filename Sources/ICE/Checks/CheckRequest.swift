import STUN

/// Writes the Binding request of a check or of a consent check (RFC 8445 §7.2.4, RFC 7675 §5.1).
struct CheckRequest {
    let username: String
    let key: IntegrityKey
    let role: Role
    let tieBreaker: UInt64
    let priority: UInt32
    var nominates = false

    init(
        local: Credentials, remote: Credentials, role: Role, tieBreaker: UInt64, priority: UInt32,
        nominates: Bool = false
    ) {
        username = "\(remote.usernameFragment):\(local.usernameFragment)"
        key = remote.key
        self.role = role
        self.tieBreaker = tieBreaker
        self.priority = priority
        self.nominates = nominates
    }

    func encode(_ id: TransactionID) -> [UInt8] {
        var builder = MessageBuilder(.request, .binding, transactionID: id)
        builder.add(Username(username))
        builder.add(Priority(priority))
        switch role {
        case .controlling: builder.add(ICEControlling(tieBreaker))
        case .controlled: builder.add(ICEControlled(tieBreaker))
        }
        if nominates { builder.add(UseCandidate()) }
        return builder.finish(key: key, fingerprint: true)
    }
}
