// What the relay says: only what was asked is believed, and only what the other person has signed is passed on.

extension PersonClient {
    public mutating func receive(_ text: [UInt8], at now: UnixTime) {
        // What is no message comes from a later version, or from a relay that only hurts itself.
        guard let message = try? SwitchboardMessage(parsing: text) else { return }
        switch (message, state) {
        case (_, .disconnected): return
        case (.challenge(let nonce), .identifying(let relay)):
            state = .proving(relay)
            let statement = IdentityProof.statement(host: relay.host, nonce: nonce, key: identity.key)
            messages.append(PersonMessage.prove(identity.signature(of: statement)).text)
        case (.identified, .proving(let relay)):
            state = .identified(relay)
            events.append(.identified)
            if let presence {
                waiting.append(.present(presence.name, presence.allow, strangers: presence.strangers))
            }
            pump()
        case (.error(let code, let asked), .identifying), (.error(let code, let asked), .proving):
            events.append(.refused(code, of: asked))
        case (_, .identifying), (_, .proving): return
        case (_, .identified(let relay)): receive(message, from: relay, at: now)
        }
    }

    private mutating func receive(_ message: SwitchboardMessage, from relay: RelayURL, at now: UnixTime) {
        switch message {
        case .challenge, .identified: return
        case .person(let person): settle(.look(person.name), .person(person.name, person.key))
        case .nobody(let name): settle(.look(name), .person(name, nil))
        case .registered(let name): settle(.register(name), .registered(name))
        case .present(let name):
            redirects.arrive()
            settle(.present(name), .present(name))
        case .presence(let name, let key): settle(.presence(name), .presence(name, key))
        case .elsewhere(let url, let asked): redirected(to: url, from: relay, for: asked)
        case .unavailable(let call):
            if outgoing.removeValue(forKey: call) != nil { events.append(.unavailable(call)) }
        case .asked(let call):
            if outgoing[call] != nil { events.append(.asked(call)) }
        case .called(let call, let caller, let kind, let payload):
            called(call, from: caller, kind, payload: payload, at: now)
        case .answered(let call, let payload): answered(call, payload: payload)
        case .hungUp(let call, let payload): hungUp(call, payload: payload)
        case .replaced:
            guard presence != nil else { return }
            presence = nil
            events.append(.replaced)
        case .error(let code, let asked):
            switch asked {
            case .call(let call):
                if outgoing.removeValue(forKey: call) != nil { events.append(.refused(code, of: asked)) }
            case .register, .look, .present, .presence: settle(asked, .refused(code, of: asked))
            case .identify, .other: events.append(.refused(code, of: asked))
            }
        }
    }

    /// The answer to a question; one that was not asked says nothing.
    private mutating func settle(_ asked: Asked, _ event: Event) {
        guard let index = unanswered.firstIndex(where: { $0.asked == asked }) else { return }
        unanswered.remove(at: index)
        events.append(event)
        pump()
    }

    private mutating func redirected(to url: RelayURL, from relay: RelayURL, for asked: Asked) {
        var once = Redirects()
        switch asked {
        case .call(let call):
            guard outgoing.removeValue(forKey: call) != nil else { return }
            // One that leads nowhere is a call that nobody takes.
            events.append(once.follow(url, from: relay) ? .elsewhere(url, for: asked) : .unavailable(call))
        case .presence(let name):
            settle(asked, once.follow(url, from: relay) ? .elsewhere(url, for: asked) : .presence(name, nil))
        case .present(let name):
            guard presence?.name == name else { return settle(asked, .refused(.busy, of: asked)) }
            if let index = unanswered.firstIndex(where: { $0.asked == asked }) { unanswered.remove(at: index) }
            let follows = redirects.follow(url, from: relay)
            // Who was sent in circles, as nodes disagree while one dies, is not so for ever: the next attempt has all of them again.
            if !follows { redirects.arrive() }
            sentTo = follows ? url : nil
            events.append(follows ? .elsewhere(url, for: asked) : .refused(.busy, of: asked))
            pump()
        case .register, .look: settle(asked, once.follow(url, from: relay) ? .elsewhere(url, for: asked) : .refused(.busy, of: asked))
        case .identify, .other: return
        }
    }

    // MARK: Letters

    private mutating func called(
        _ call: CallID, from caller: PersonKey, _ kind: CallKind, payload: String, at now: UnixTime
    ) {
        guard incoming[call] == nil else { return }
        guard incoming.count < Self.maximumIncomingCalls, mayCall(caller, kind),
            let letter = try? Letter(opening: payload, .call(kind), as: identity), letter.writer == caller,
            let said = try? CallLetter(parsing: letter.text), said.kind == kind, isNew(letter, from: caller, at: now)
        else { return enqueue(.hangUp(call, payload: nil)) }
        incoming[call] = IncomingCall(caller: caller, mark: letter.mark)
        events.append(.called(call, from: caller, said))
    }

    /// Our own word on who may call, whatever the relay does.
    private func mayCall(_ caller: PersonKey, _ kind: CallKind) -> Bool {
        guard let presence else { return false }
        return switch kind {
        case .ring, .offer: presence.allow.contains(caller)
        case .request: presence.strangers
        }
    }

    private mutating func isNew(_ letter: Letter, from caller: PersonKey, at now: UnixTime) -> Bool {
        presence?.allow.contains(caller) == true
            ? contactLetters.admits(letter.mark, of: caller, written: letter.time, at: now)
            : strangerLetters.admits(letter.mark, of: caller, written: letter.time, at: now)
    }

    /// What the callee says within the call; it refers to our letter, so it is of this call and of nobody else.
    private mutating func answered(_ call: CallID, payload: String) {
        guard let ours = outgoing[call],
            let letter = try? Letter(opening: payload, .answer, about: ours.mark, as: identity),
            letter.writer == ours.person.key, !ours.heard.contains(letter.mark), ours.heard.count < 64,
            let said = try? AnswerLetter(parsing: letter.text)
        else { return }
        outgoing[call]?.heard.insert(letter.mark)
        events.append(.answered(call, said))
    }

    private mutating func hungUp(_ call: CallID, payload: String?) {
        let (other, mark): (PersonKey, [UInt8])
        if let call = outgoing.removeValue(forKey: call) {
            (other, mark) = (call.person.key, call.mark)
        } else if let call = incoming.removeValue(forKey: call) {
            (other, mark) = (call.caller, call.mark)
        } else {
            return
        }
        let letter = payload.flatMap { try? Letter(opening: $0, .farewell, about: mark, as: identity) }
        // What does not open says no more than that the call is over.
        let said = letter.flatMap { $0.writer == other ? try? AnswerLetter(parsing: $0.text) : nil }
        events.append(.hungUp(call, said))
    }
}
