import NetPrimitives
import STUN
import TURN

// What a client asks, and what it is answered.
extension RelayMachine {
    private static var requests: [Method] {
        [.allocate, .refresh, .createPermission, .channelBind, .connect, .connectionBind]
    }

    mutating func handleRequest(_ message: Message, from client: FiveTuple, at now: Instant, wallClock: Int64) {
        guard Self.requests.contains(message.method) else { return }
        let hasValidNonce = message[Nonce.self].map { nonces.isValid($0.text, for: client, at: now) } ?? false
        guard
            hasProvenItself(client, hasValidNonce: hasValidNonce, at: now)
                || host.admitsUnproven(client.client.ip, at: now)
        else { return counters.unprovenSuppressed &+= 1 }
        do throws(AuthenticationFailure) {
            let request = try authenticate(
                message, from: client, hasValidNonce: hasValidNonce, at: now, wallClock: wallClock)
            handle(request, from: client, at: now)
        } catch {
            count(error, of: message)
            switch error {
            case .challenge(let code): challenge(message, code, to: client, at: now)
            case .banned: challenge(message, ErrorCode(401, ""), to: client, at: now)
            case .badRequest: refuseBare(message, ErrorCode(400, ""), to: client)
            }
        }
    }

    private mutating func handle(_ request: AuthenticatedRequest, from client: FiveTuple, at now: Instant) {
        do throws(RequestRefusal) {
            let unknown = request.message.unknownAttributes(knowing: KnownAttributes.all)
            guard unknown.isEmpty else { throw RequestRefusal(.unknownAttribute, unknown: unknown) }
            var answer = MessageBuilder(
                .successResponse, request.message.method, transactionID: request.message.transactionID)
            if request.message.method == .allocate {
                try allocate(request, from: client, answer: &answer, at: now)
            } else if request.message.method == .refresh, request.message.contains(.mobilityTicket) {
                try move(request, to: client, answer: &answer, at: now)
            } else if request.message.method == .connectionBind {
                return try bindConnection(request, from: client, at: now)
            } else {
                let index = try existingAllocation(of: client, for: request, at: now)
                switch request.message.method {
                case .refresh:
                    try refresh(index, request.message, answer: &answer, at: now)
                    addTicket(of: index, to: &answer, at: now)
                case .createPermission: try createPermission(index, request.message, at: now)
                case .connect: return try connect(index, request, from: client, at: now)
                default: try bindChannel(index, request.message, at: now)
                }
            }
            finish(answer, to: request, client)
        } catch {
            countRefusal(request.message.method, error.code)
            var answer = MessageBuilder(
                .errorResponse, request.message.method, transactionID: request.message.transactionID)
            error.describe(in: &answer)
            finish(answer, to: request, client)
        }
    }

    /// RFC 8656 §5: 437 without an allocation, 441 when somebody else made it.
    private func existingAllocation(
        of client: FiveTuple, for request: AuthenticatedRequest, at now: Instant
    ) throws(RequestRefusal) -> AllocationTable.Index {
        guard let index = index(of: client, at: now) else { throw RequestRefusal(.allocationMismatch) }
        guard allocations[index]?.username == request.username else { throw RequestRefusal(.wrongCredentials) }
        return index
    }

    // MARK: Answers

    /// Protected as the request was.
    private mutating func finish(_ answer: MessageBuilder, to request: AuthenticatedRequest, _ client: FiveTuple) {
        let bytes = answer.finish(
            key: request.authenticated.key, algorithm: request.answerAlgorithm,
            fingerprint: request.message.contains(.fingerprint))
        push(.toClient(client, bytes))
    }

    /// Reason phrases are left out of what anybody can ask for: answers stay small.
    private mutating func challenge(_ message: Message, _ code: ErrorCode, to client: FiveTuple, at now: Instant) {
        countRefusal(message.method, code)
        var answer = MessageBuilder(.errorResponse, message.method, transactionID: message.transactionID)
        answer.add(code)
        answer.add(Realm(configuration.realm))
        let features = offeredFeatures(to: client, at: now)
        answer.add(Nonce(nonces.nonce(for: client, features: features, at: now)))
        if features.contains(.passwordAlgorithms) { answer.add(PasswordAlgorithms.offered) }
        push(.toClient(client, answer.finish(fingerprint: message.contains(.fingerprint))))
    }

    mutating func refuseBare(
        _ message: Message, _ code: ErrorCode, unknown: [AttributeType] = [], to client: FiveTuple
    ) {
        countRefusal(message.method, code)
        var answer = MessageBuilder(.errorResponse, message.method, transactionID: message.transactionID)
        answer.add(code)
        if !unknown.isEmpty { answer.add(UnknownAttributes(unknown)) }
        push(.toClient(client, answer.finish(fingerprint: message.contains(.fingerprint))))
    }
}
