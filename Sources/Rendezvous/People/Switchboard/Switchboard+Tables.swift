import NetPrimitives

// Who is there, and what is said to them.

extension Switchboard {
    /// Somebody is there from now on; another connection of theirs no longer.
    mutating func appear(_ presence: Presence, on id: ConnectionID) {
        if let before = present[presence.name], before != id {
            leave(before)
            counters.replaced &+= 1
            send(.replaced, to: before)
            closeSilently(before)
        }
        if connections[id]?.presence?.name != presence.name {
            leave(id)
            // The fleet may be another one than when the store was asked.
            if home(of: presence.name) != fleet.here, !movers.contains(presence.name) { movers.append(presence.name) }
        }
        connections[id]?.presence = presence
        present[presence.name] = id
        send(.present(presence.name), to: id)
    }

    mutating func leave(_ id: ConnectionID) {
        guard let presence = connections[id]?.presence else { return }
        connections[id]?.presence = nil
        if present[presence.name] == id { present[presence.name] = nil }
    }

    /// Tells some of those who are at home at another node by now where that is. They stay here until they go.
    mutating func moveSome() {
        let number = min(movers.count, max(1, configuration.movesPerSecond, leastMoves))
        for name in movers.prefix(number) {
            guard let id = present[name] else { continue }
            let home = home(of: name)
            guard home != fleet.here else { continue }
            counters.moved &+= 1
            send(.elsewhere(home, for: .present(name)), to: id)
        }
        movers.removeFirst(number)
    }

    mutating func send(_ message: SwitchboardMessage, to id: ConnectionID) {
        guard let connection = connections[id], !connection.isClosing else { return }
        outputs.append(.send(message.text, to: id))
    }

    mutating func close(_ id: ConnectionID, saying code: ContactRefusal, of asked: Asked = .other) {
        send(.error(code, of: asked), to: id)
        closeSilently(id)
    }

    /// The tables are cleaned when the driver says that the connection is closed.
    mutating func closeSilently(_ id: ConnectionID) {
        guard let connection = connections[id], !connection.isClosing else { return }
        connections[id]?.isClosing = true
        connections[id]?.waiting = []
        outputs.append(.close(id))
    }
}
