import NetPrimitives

// What each message of a person's program does.

extension Switchboard {
    mutating func perform(_ text: [UInt8], from id: ConnectionID, at now: Instant, wallClock: UnixTime) {
        let message: PersonMessage
        do {
            message = try PersonMessage(parsing: text)
        } catch {
            switch error {
            case .unknownType: return  // a later version may say more
            case .malformed: return close(id, saying: .malformed)
            case .tooLarge: return close(id, saying: .tooLarge)
            case .unsupportedVersion: return close(id, saying: .unsupportedVersion)
            }
        }
        guard let connection = connections[id] else { return }
        connections[id]?.idleSince = now
        switch (message, connection.stage) {
        case (.identify(let key), .new), (.identify(let key), .challenged): challenge(key, connection, id, at: now)
        case (.prove(let proof), .challenged(let key, let nonce)):
            let statement = IdentityProof.statement(host: connection.host, nonce: nonce, key: key)
            guard key.verifies(proof, of: statement) else {
                counters.proofs.count(.wrong)
                return close(id, saying: .notProven, of: .identify)
            }
            counters.proofs.count(.right)
            // Only who has the key learns that it is banned.
            guard !bans.cover(key) else {
                counters.banned.count(.refused)
                return close(id, saying: .banned, of: .identify)
            }
            connections[id]?.stage = .proven(key)
            send(.identified, to: id)
        case (_, .proven(let key)):
            performProven(message, by: key, connection, id, at: now)
        case (.look, _), (.register, _), (.present, _), (.absent, _), (.allow, _), (.presence, _), (.call, _), (.answer, _),
            (.hangUp, _), (.prove, .new):
            close(id, saying: .wrongState)
        }
    }

    private mutating func challenge(_ key: PersonKey, _ connection: Connection, _ id: ConnectionID, at now: Instant) {
        guard limiter.allows(.identify, from: connection.source, at: now) else {
            return close(id, saying: .rateLimited, of: .identify)
        }
        let nonce = Secret.random(count: IdentityProof.nonceSize, using: &random).exposed
        connections[id]?.stage = .challenged(key, nonce: nonce)
        send(.challenge(nonce), to: id)
    }

    private mutating func performProven(
        _ message: PersonMessage, by key: PersonKey, _ connection: Connection, _ id: ConnectionID, at now: Instant
    ) {
        func isAllowed(_ act: SwitchboardLimiter.Act, _ asked: Asked) -> Bool {
            if limiter.allows(act, from: connection.source, at: now) { return true }
            send(.error(.rateLimited, of: asked), to: id)
            return false
        }
        switch message {
        case .identify, .prove: close(id, saying: .wrongState)
        case .look(let name):
            guard isAllowed(.look, .look(name)) else { return }
            ask(.find(name), .look(name), for: id, at: now)
        case .register(let name):
            guard isAllowed(.look, .register(name)) else { return }
            ask(.find(name), .register(name), for: id, at: now)
        case .present(let name, let allow, let strangers):
            guard isAllowed(.look, .present(name)) else { return }
            // Who is here already stays until told otherwise.
            if connection.presence?.name != name {
                let home = home(of: name)
                guard home == fleet.here else { return send(.elsewhere(home, for: .present(name)), to: id) }
                guard !isDraining else { return send(.error(.busy, of: .present(name)), to: id) }
            }
            ask(.find(name), .present(Presence(name: name, allow: allow, strangers: strangers)), for: id, at: now)
        case .absent: leave(id)
        case .allow(let allow, let strangers):
            connections[id]?.presence?.allow = allow
            connections[id]?.presence?.strangers = strangers
        case .presence(let name):
            guard isAllowed(.presence, .presence(name)) else { return }
            if let (_, theirs, _) = seen(name, by: key) { return send(.presence(name, theirs), to: id) }
            let home = home(of: name)
            send(home == fleet.here ? .presence(name, nil) : .elsewhere(home, for: .presence(name)), to: id)
        case .call(let call, let name, let theirs, let kind, let payload):
            guard isAllowed(.call, .call(call)) else { return counters.calls.count(.refused) }
            self.call(call, name, theirs, kind, payload: payload, from: id, key, at: now)
        case .answer(let call, let payload): answer(call, payload: payload, from: id)
        case .hangUp(let call, let payload):
            if let ours = connection.outgoing[call] {
                end(ours, by: .caller, saying: payload, at: now)
            } else if connection.incoming.contains(call) {
                end(call, by: .callee, saying: payload, at: now)
            }
            // One that ended meanwhile is no error: the messages crossed.
        }
    }

    /// Who is there under a name, as far as somebody may see it.
    func seen(_ name: PersonName, by key: PersonKey) -> (ConnectionID, PersonKey, Presence)? {
        guard let id = present[name], let connection = connections[id], !connection.isClosing, let presence = connection.presence,
            case .proven(let theirs) = connection.stage, presence.allow.contains(key)
        else { return nil }
        return (id, theirs, presence)
    }
}
