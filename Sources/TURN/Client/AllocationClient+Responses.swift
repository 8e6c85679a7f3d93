import NetPrimitives
import STUN

// What the server answers (RFC 8656 §7.3, §7.4, §8.3, §10.3, §12.3).
extension AllocationClient {
    mutating func handleResponse(_ message: Message, at now: Instant) {
        guard let request = requests[message.transactionID], message.method == request.purpose.method else { return }
        guard isBelievable(message, to: request) else { return }
        let isChallenge = [401, 438].contains(message[ErrorCode.self]?.code)
        guard isChallenge || !message.hidesPasswordAlgorithms else { return }
        guard message.unknownAttributes(knowing: Self.knownAttributes).isEmpty else {
            // RFC 8489 §6.3.3, §6.3.4: what it means is not known, so it is a failure.
            requests[message.transactionID] = nil
            return handleRefusal(.unknownAttribute, alternate: nil, of: request.purpose, at: now)
        }
        if message.messageClass == .successResponse {
            requests[message.transactionID] = nil
            handleSuccess(message, of: request.purpose, at: now)
        } else if let error = message[ErrorCode.self] {
            requests[message.transactionID] = nil
            handleError(error, message, of: request, at: now)
        }
    }

    /// What may stand in a response and must be understood.
    private static let knownAttributes: Set<AttributeType> = [
        .mappedAddress, .username, .messageIntegrity, .errorCode, .unknownAttributes, .realm, .nonce,
        .messageIntegritySHA256, .passwordAlgorithm, .userhash, .xorMappedAddress, .channelNumber, .lifetime,
        .xorPeerAddress, .data, .xorRelayedAddress, .requestedAddressFamily, .evenPort, .requestedTransport, .dontFragment,
        .reservationToken,
    ]

    /// A success must be protected as its request was (RFC 8489 §9.2.5). Errors need not be: many servers
    /// send theirs bare, and who can guess 96 bits of transaction sits on the path, where dropping serves as well.
    private func isBelievable(_ message: Message, to request: ClientRequest) -> Bool {
        guard let key = credentials.challenge?.key, request.realm != nil else { return true }
        do {
            _ = try message.authenticated(with: key)
            return true
        } catch {
            guard error == .absent, message.messageClass == .errorResponse else { return false }
            // §9.2.5: a server that speaks RFC 8489 signs its 400s.
            let isBadRequest = message[ErrorCode.self]?.code == 400
            return !(isBadRequest && credentials.challenge?.hash != nil)
        }
    }

    private mutating func handleSuccess(_ message: Message, of purpose: ClientRequest.Purpose, at now: Instant) {
        switch purpose {
        case .allocate:
            handleAllocated(message, at: now)
        case .refresh:
            guard isAllocated, let lifetime = message[Lifetime.self] else { return }
            phase = .allocated(refreshAt: now + Self.refreshDelay(of: lifetime.duration))
        case .release:
            finish(nil)
        case .permission(let ip):
            activatePermission(for: ip, at: now)
        case .channel(let peer):
            guard channels[peer] != nil else { return }
            channels[peer]?.state = .bound(refreshAt: now + Self.channelRefreshInterval)
            activatePermission(for: peer.ip, at: now)
        }
    }

    private mutating func handleAllocated(_ message: Message, at now: Instant) {
        guard phase == .allocating else {
            guard phase == .abandoning else { return }
            phase = .closing
            return start(.release, at: now)
        }
        guard let relayed = message[XORRelayedAddress.self]?.address,
            let reflexive = message[XORMappedAddress.self]?.address, let lifetime = message[Lifetime.self]?.duration
        else { return finish(.failed(.malformedResponse)) }
        self.relayed = relayed
        phase = .allocated(refreshAt: now + Self.refreshDelay(of: lifetime))
        events.push(.allocated(relayed: relayed, reflexive: reflexive, lifetime: lifetime))
        for ip in permissions.keys { start(.permission(ip), at: now) }
        for peer in channels.keys { start(.channel(peer), at: now) }
    }

    /// One minute before the end, so that all of a request's 39.5 s fit in; of short lifetimes, half.
    /// Never at once: a server that grants 0 s would be asked without end.
    static func refreshDelay(of lifetime: Duration) -> Duration {
        max(lifetime > .seconds(120) ? lifetime - .seconds(60) : lifetime / 2, .seconds(5))
    }

    private mutating func activatePermission(for ip: IPAddress, at now: Instant) {
        let previous = permissions[ip]
        guard previous != nil || permissions.count < Self.maximumPeers else { return }
        permissions[ip] = .active(refreshAt: now + Self.permissionRefreshInterval)
        guard case .pending(let queue) = previous else { return }
        for queued in queue { transmit(queued.payload, to: queued.peer) }
    }

    // MARK: Errors

    private mutating func handleError(
        _ error: ErrorCode, _ message: Message, of request: ClientRequest, at now: Instant
    ) {
        switch error.code {
        case 401 where phase == .abandoning && request.realm == nil:
            return finish(nil)
        case 401 where request.challenges < Self.maximumChallenges, 438 where request.challenges < Self.maximumChallenges:
            do {
                try credentials.accept(message)
                // The same answer to the same realm would be refused again.
                guard error.code == 438 || credentials.challenge?.realm != request.realm else { break }
                return start(request.purpose, challenges: request.challenges + 1, at: now)
            } catch .unacceptable where phase == .allocating {
                return finish(.failed(.unacceptableChallenge))
            } catch {}
        case 440 where request.purpose == .allocate && phase == .allocating && requestedFamily == nil:
            // RFC 8656 §7.2: without REQUESTED-ADDRESS-FAMILY it was asked for IPv4.
            requestedFamily = .ipv6
            return start(.allocate, challenges: request.challenges, at: now)
        default:
            break
        }
        handleRefusal(error, alternate: alternate(in: message), of: request.purpose, at: now)
    }

    /// The first server that a 300 names, of those that can be one: another than this, with a port (RFC 8489 §10).
    private func alternate(in message: Message) -> TransportAddress? {
        message.attributes.lazy.filter { $0.type == .alternateServer }
            .compactMap { try? AlternateServer(decoding: $0.value, in: message.transactionID).address }
            .first { $0 != server && $0.port != 0 && !$0.ip.isUnspecified && !$0.ip.isMulticast }
    }

    private mutating func handleRefusal(
        _ error: ErrorCode, alternate: TransportAddress?, of purpose: ClientRequest.Purpose, at now: Instant
    ) {
        switch purpose {
        case .allocate:
            finish(phase == .allocating ? .failed(AllocationFailure(error, alternate: alternate)) : nil)
        case .refresh:
            finish(.lost)
        case .release:
            finish(nil)
        case .permission where error.code == 437, .channel where error.code == 437:
            finish(.lost)
        case .permission(let ip):
            deny(ip, error)
        case .channel(let peer):
            channels[peer]?.state = .refused
            if error.code == 403 { deny(peer.ip, error) } else { createPermission(for: peer.ip, at: now) }
        }
    }

    private mutating func deny(_ ip: IPAddress, _ error: ErrorCode) {
        if case .denied = permissions[ip] { return }
        permissions[ip] = .denied
        events.push(.permissionDenied(ip, error))
    }
}
