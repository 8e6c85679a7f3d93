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
        guard message.contains(.username) || message.contains(.userhash), let realm = message[Realm.self]?.text,
            let nonce = message[Nonce.self]?.text
        else { throw .badRequest }
        let offered = SecurityFeatures(nonce: nonce) ?? []
        let named = try passwordHash(message, offered: offered)
        let index = index(addressedBy: message, from: client, at: now)
        guard realm == configuration.realm, let username = username(of: message, index) else {
            throw .challenge(ErrorCode(401, ""))
        }
        for account in accounts(for: username, named ?? .md5, of: index, wallClock: wallClock) {
            guard let authenticated = try? message.authenticated(with: account.key) else { continue }
            guard hasValidNonce else { throw .challenge(ErrorCode(438, "")) }
            guard !configuration.bans.cover(user: account.user, username: username) else { throw .banned }
            return AuthenticatedRequest(
                authenticated: authenticated, username: username, user: account.user, hash: named ?? .md5,
                namesAlgorithm: named != nil, offered: offered)
        }
        throw .challenge(ErrorCode(401, ""))
    }

    /// What the request says of its key; nil for who says nothing, a client of RFC 5389. One that says something
    /// must repeat what it was offered: somebody on the path may have made the choice smaller.
    private func passwordHash(
        _ message: Message, offered: SecurityFeatures
    ) throws(AuthenticationFailure) -> PasswordHash? {
        guard message.contains(.passwordAlgorithm) || message.contains(.passwordAlgorithms) else { return nil }
        guard offered.contains(.passwordAlgorithms), let chosen = message[PasswordAlgorithm.self],
            message[PasswordAlgorithms.self] == .offered, let hash = PasswordHash(chosen)
        else { throw .badRequest }
        return hash
    }

    /// USERNAME, or the name behind USERHASH; nil when nobody we know has it.
    private func username(of message: Message, _ index: AllocationTable.Index?) -> String? {
        if message.contains(.username) { return message[Username.self]?.text }
        guard let hash = message[Userhash.self] else { return nil }
        if let index, let username = allocations[index]?.username,
            Userhash(username: username, realm: configuration.realm) == hash
        {
            return username
        }
        return namesByHash[hash]
    }

    /// The account that the allocation was made with, then what the directory knows today.
    private func accounts(
        for username: String, _ hash: PasswordHash, of index: AllocationTable.Index?, wallClock: Int64
    ) -> [UserDirectory.Account] {
        let known = configuration.users.accounts(
            for: username, realm: configuration.realm, hash: hash, wallClock: wallClock)
        guard let index, let allocation = allocations[index], allocation.username == username, allocation.hash == hash
        else { return known }
        return [UserDirectory.Account(user: allocation.holder.user, key: allocation.key)] + known
    }

    /// What a challenge offers: to who has an allocation, what it was made with.
    func offeredFeatures(to client: FiveTuple, at now: Instant) -> SecurityFeatures {
        index(of: client, at: now).flatMap { allocations[$0]?.offered } ?? configuration.securityFeatures
    }

    /// Whether a sender receives what is sent to its address: a stream, a DTLS session, an allocation or a nonce of ours shows
    /// it.
    func hasProvenItself(_ client: FiveTuple, hasValidNonce: Bool, at now: Instant) -> Bool {
        hasValidNonce || client.transport == .tcp || client.isSecured || index(of: client, at: now) != nil
    }
}
