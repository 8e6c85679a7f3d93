import NetPrimitives
import STUN

// The long-term credential mechanism (RFC 8489 §9.2.4), without state for whoever has not passed it.
extension RelayMachine {
    func authenticate(
        _ message: Message, from client: FiveTuple, hasValidNonce: Bool, at now: Instant, wallClock: Int64
    ) throws(AuthenticationFailure) -> AuthenticatedRequest {
        guard message.contains(.messageIntegrity) || message.contains(.messageIntegritySHA256) else {
            throw .challenge(ErrorCode(401, ""))
        }
        guard let username = message[Username.self]?.text, let realm = message[Realm.self]?.text,
            message[Nonce.self] != nil
        else { throw .badRequest }
        guard realm == configuration.realm else { throw .challenge(ErrorCode(401, "")) }
        for account in accounts(for: username, of: client, at: now, wallClock: wallClock) {
            guard let authenticated = try? message.authenticated(with: account.key) else { continue }
            guard hasValidNonce else { throw .challenge(ErrorCode(438, "")) }
            return AuthenticatedRequest(authenticated: authenticated, username: username, user: account.user)
        }
        throw .challenge(ErrorCode(401, ""))
    }

    /// The account that the allocation was made with, then what the directory knows today.
    private func accounts(
        for username: String, of client: FiveTuple, at now: Instant, wallClock: Int64
    ) -> [UserDirectory.Account] {
        let known = configuration.users.accounts(for: username, realm: configuration.realm, wallClock: wallClock)
        guard let index = allocations.index(of: client, at: now), let allocation = allocations[index],
            allocation.username == username
        else { return known }
        return [UserDirectory.Account(user: allocation.holder.user, key: allocation.key)] + known
    }

    /// Whether a sender receives what is sent to its address: a stream, an allocation or a nonce of ours shows it.
    func hasProvenItself(_ client: FiveTuple, hasValidNonce: Bool, at now: Instant) -> Bool {
        hasValidNonce || client.transport == .tcp || allocations.index(of: client, at: now) != nil
    }
}
