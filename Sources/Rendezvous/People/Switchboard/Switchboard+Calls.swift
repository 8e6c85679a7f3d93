import NetPrimitives

// Calls: from a letter that finds somebody, or nobody, to the end.

extension Switchboard {
    enum End: Sendable { case caller, callee }

    mutating func call(
        _ call: CallID, _ name: PersonName, _ theirs: PersonKey, _ kind: CallKind, payload: String, from id: ConnectionID,
        _ key: PersonKey, at now: Instant
    ) {
        guard let caller = connections[id] else { return }
        func refuse(_ code: ContactRefusal) {
            counters.calls.count(.refused)
            send(.error(code, of: .call(call)), to: id)
        }
        guard caller.outgoing[call] == nil else { return refuse(.wrongState) }
        guard caller.outgoing.count < configuration.maximumOutgoingCalls else { return refuse(.busy) }
        let home = home(of: name)
        let callee = callee(name, theirs, kind, from: key)
        switch kind {
        case .ring, .offer:
            guard let callee else {
                guard home == fleet.here else {
                    counters.calls.count(.elsewhere)
                    return send(.elsewhere(home, for: .call(call)), to: id)
                }
                counters.calls.count(.unavailable)
                return send(.unavailable(call), to: id)
            }
            connect(Call(kind: kind, caller: id, callerKey: key, callerCall: call, callee: callee, since: now), payload: payload)
        case .request:
            // Where the home is elsewhere that is said in any case, as it says nothing.
            guard home == fleet.here else {
                counters.calls.count(.elsewhere)
                return send(.elsewhere(home, for: .call(call)), to: id)
            }
            send(.asked(call), to: id)
            connect(Call(kind: kind, caller: id, callerKey: key, callerCall: call, callee: callee, since: now), payload: payload)
        }
    }

    /// Who takes such a call; nil for nobody, whatever the reason.
    private func callee(_ name: PersonName, _ theirs: PersonKey, _ kind: CallKind, from key: PersonKey) -> ConnectionID? {
        guard let id = present[name], let connection = connections[id], !connection.isClosing,
            let presence = connection.presence, connection.stage == .proven(theirs)
        else { return nil }
        let others = connection.incoming.compactMap { calls[$0] }
        let requests = others.count { $0.kind == .request }
        guard others.count(where: { $0.callerKey == key }) < configuration.maximumIncomingCallsOfOneCaller else { return nil }
        switch kind {
        case .ring, .offer:
            return presence.allow.contains(key) && others.count - requests < configuration.maximumIncomingCalls ? id : nil
        case .request: return presence.strangers && requests < configuration.maximumIncomingRequests ? id : nil
        }
    }

    private mutating func connect(_ call: Call, payload: String) {
        let id = CallID.random(using: &random)
        calls[id] = call
        connections[call.caller]?.outgoing[call.callerCall] = id
        guard let callee = call.callee else { return counters.calls.count(.unavailable) }
        connections[callee]?.incoming.insert(id)
        counters.calls.count(.passedOn)
        send(.called(id, from: call.callerKey, call.kind, payload: payload), to: callee)
    }

    mutating func answer(_ id: CallID, payload: String, from callee: ConnectionID) {
        guard let call = calls[id], call.callee == callee, call.answers < configuration.maximumAnswers else { return }
        calls[id]?.answers += 1
        send(.answered(call.callerCall, payload: payload), to: call.caller)
    }

    /// - Parameter end: who ends it; nil when its time is over.
    mutating func end(_ id: CallID, by end: End?, saying payload: String?, at now: Instant) {
        guard let call = calls[id] else { return }
        if let callee = call.callee {
            connections[callee]?.incoming.remove(id)
            connections[callee]?.idleSince = now
            if end != .callee { send(.hungUp(id, payload: payload), to: callee) }
        }
        if end == .callee, call.kind == .request {
            // Its caller does not learn that there was anybody.
            calls[id]?.callee = nil
            return
        }
        calls[id] = nil
        connections[call.caller]?.outgoing[call.callerCall] = nil
        connections[call.caller]?.idleSince = now
        if end != .caller { send(.hungUp(call.callerCall, payload: payload), to: call.caller) }
    }
}
