// What arrives: told apart, authenticated, and only then believed (RFC 8445 §7.2.5, §7.3).

public import NetPrimitives
import STUN

extension Agent {
    /// Takes a datagram.
    ///
    /// - Parameters:
    ///   - base: the local address that it came to; the relayed address when it came through the relay.
    ///   - remote: where it came from, as the interface or the relay saw it.
    ///   - transport: `.tcp` for a packet of a TCP candidate's connection, without its frame.
    public mutating func receive(
        _ bytes: [UInt8], on base: TransportAddress, from remote: TransportAddress,
        transport: CandidateTransport = .udp, at now: Instant
    ) -> Reception {
        guard Message.looksLike(bytes) else { return .application }
        guard let message = try? Message(decoding: bytes), message.method == .binding else { return .foreign }
        let key = PairKey(base: base, remote: remote, transport: transport)
        switch message.messageClass {
        case .request:
            // RFC 8445 §7.1: checks MUST carry FINGERPRINT; without it this may be anybody's question.
            guard message.contains(.fingerprint) else { return .foreign }
            return receiveRequest(message, ofSize: bytes.count, on: key, at: now)
        case .indication:
            // RFC 8445 §11's keepalive: authenticates nothing, proves nothing.
            return .handled
        case .successResponse, .errorResponse:
            return receiveResponse(message, on: key, at: now)
        }
    }

    /// Whether this is a check by somebody who holds our credentials: what a stranger on a stream shows first, or is sent away.
    /// It changes nothing.
    public func recognizes(_ bytes: [UInt8]) -> Bool {
        guard let message = try? Message(decoding: bytes), message.method == .binding, message.messageClass == .request,
            message.contains(.fingerprint), let name = message[Username.self]?.text.split(separator: ":").first,
            name == localCredentials.usernameFragment
        else { return false }
        return (try? message.authenticated(with: localCredentials.key)) != nil
    }

    /// Whether the peer has answered a check of ours there: what nobody can play back.
    public func hasAnswered(on base: TransportAddress, from remote: TransportAddress, transport: CandidateTransport) -> Bool {
        checkList[PairKey(base: base, remote: remote, transport: transport)]?.isValid == true
    }

    /// The driver has authenticated something from the peer, as DTLS does: the path that it came on is alive.
    /// It is no consent to send (RFC 7675 §5.1).
    public mutating func noteAuthenticatedTraffic(
        on base: TransportAddress, from remote: TransportAddress, transport: CandidateTransport = .udp, at now: Instant
    ) {
        heardFromPeer(on: PairKey(base: base, remote: remote, transport: transport), at: now)
    }

    // MARK: Requests

    private mutating func receiveRequest(
        _ message: Message, ofSize size: Int, on key: PairKey, at now: Instant
    ) -> Reception {
        guard let username = message[Username.self]?.text,
            message.contains(.messageIntegrity) || message.contains(.messageIntegritySHA256)
        else {
            refuse(message, ofSize: size, with: 400, on: key)
            return .handled
        }
        guard let colon = username.firstIndex(of: ":"), username[..<colon] == localCredentials.usernameFragment,
            let request = try? message.authenticated(with: localCredentials.key)
        else {
            // Another generation's agent may know this one.
            refuse(message, ofSize: size, with: 401, on: key)
            return .foreign
        }
        answer(request, from: username[username.index(after: colon)...], on: key, at: now)
        return .handled
    }

    private mutating func answer(
        _ request: AuthenticatedMessage, from usernameFragment: Substring, on key: PairKey, at now: Instant
    ) {
        let unknown = request.message.unknownAttributes(knowing: Self.knownAttributes)
        guard unknown.isEmpty else { return refuse(request, .unknownAttribute, unknown: unknown, on: key) }
        guard resolveRoleConflict(request.message, at: now) else { return refuse(request, .roleConflict, on: key) }
        var builder = MessageBuilder(.successResponse, .binding, transactionID: request.message.transactionID)
        builder.add(XORMappedAddress(key.remote))
        send(builder.finish(key: request.key, algorithm: request.algorithm, fingerprint: true), on: key)
        guard failure == nil else { return }
        heardFromPeer(on: key, at: now)
        let check = EarlyCheck(
            key: key, usernameFragment: usernameFragment, priority: request.message[Priority.self]?.value,
            nominates: request.message.contains(.useCandidate))
        guard let remoteCredentials else { return remember(check) }
        // A stranger to these credentials: a peer that has restarted, whose new ones are still on their way.
        guard usernameFragment == remoteCredentials.usernameFragment else { return }
        learn(from: check, at: now)
        advance(at: now)
    }

    private mutating func remember(_ check: EarlyCheck) {
        if let index = earlyChecks.firstIndex(where: {
            $0.key == check.key && $0.usernameFragment == check.usernameFragment
        }) {
            earlyChecks[index].nominates = earlyChecks[index].nominates || check.nominates
        } else if earlyChecks.count < EarlyCheck.limit {
            earlyChecks.append(check)
        }
    }

    /// RFC 8445 §7.3.1.1; false when the peer has to give in.
    private mutating func resolveRoleConflict(_ message: Message, at now: Instant) -> Bool {
        switch role {
        case .controlling:
            guard let theirs = message[ICEControlling.self]?.value else { return true }
            guard tieBreaker < theirs else { return false }
        case .controlled:
            guard let theirs = message[ICEControlled.self]?.value else { return true }
            guard tieBreaker >= theirs else { return false }
        }
        switchRole()
        return true
    }

    /// What a request may carry that has to be understood.
    private static let knownAttributes: Set<AttributeType> = [
        .username, .messageIntegrity, .messageIntegritySHA256, .priority, .useCandidate,
    ]

    /// Answers nobody in particular (RFC 8489 §9.1.3), unless the answer were larger than the question:
    /// a forged sender's address must not be worth anything.
    private mutating func refuse(_ message: Message, ofSize size: Int, with code: Int, on key: PairKey) {
        var builder = MessageBuilder(.errorResponse, .binding, transactionID: message.transactionID)
        builder.add(ErrorCode(code, ""))
        let payload = builder.finish(fingerprint: true)
        guard payload.count <= size else { return }
        send(payload, on: key)
    }

    private mutating func refuse(
        _ request: AuthenticatedMessage, _ error: ErrorCode, unknown: [AttributeType] = [], on key: PairKey
    ) {
        var builder = MessageBuilder(.errorResponse, .binding, transactionID: request.message.transactionID)
        builder.add(error)
        if !unknown.isEmpty { builder.add(UnknownAttributes(unknown)) }
        send(builder.finish(key: request.key, algorithm: request.algorithm, fingerprint: true), on: key)
    }

    // MARK: Responses

    private mutating func receiveResponse(_ message: Message, on key: PairKey, at now: Instant) -> Reception {
        let id = message.transactionID
        guard let remoteCredentials else { return .foreign }
        if let asked = keyAwaitingConsent(id) {
            guard let response = try? message.authenticated(with: remoteCredentials.key) else { return .handled }
            consentAnswered(response.message, to: asked, on: key, at: now)
            return .handled
        }
        guard checks.contains(id) else { return .foreign }
        guard let response = try? message.authenticated(with: remoteCredentials.key), let check = checks.take(id)
        else { return .handled }
        judge(response.message, to: check, on: key, at: now)
        heardFromPeer(on: key, at: now)
        advance(at: now)
        return .handled
    }

    private mutating func judge(_ response: Message, to check: Check, on key: PairKey, at now: Instant) {
        if response.messageClass == .errorResponse {
            let error = response[ErrorCode.self] ?? .badRequest
            guard error.code == ErrorCode.roleConflict.code else { return checkFailed(check, .refused(error), at: now) }
            return repairRoleConflict(check, at: now)
        }
        guard key == check.key else { return checkFailed(check, .asymmetric(from: key.remote), at: now) }
        guard let mapped = response[XORMappedAddress.self]?.address, mapped.family == key.base.family else {
            return checkFailed(check, .malformedAnswer, at: now)
        }
        checkSucceeded(check, mapped: mapped, at: now)
    }
}
