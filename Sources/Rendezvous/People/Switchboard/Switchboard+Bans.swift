import NetPrimitives

// Who is not let in: asked where a key is proven and where a name is taken or used, and of all who are there when the bans change.
extension Switchboard {
    /// Takes other bans. Whom they cover hears so and is closed; to everybody else they are not there, as if they had gone.
    ///
    /// - Returns: how many connections are closed.
    @discardableResult
    public mutating func setBans(_ bans: PersonBans) -> Int {
        guard bans != self.bans else { return 0 }
        self.bans = bans
        guard !bans.isEmpty else { return 0 }
        var closed = 0
        for (id, connection) in connections where !connection.isClosing {
            guard case .proven(let key) = connection.stage,
                connection.presence.map({ bans.cover($0.name) }) ?? false || bans.cover(key)
            else { continue }
            closed += 1
            counters.banned.count(.closed)
            close(id, saying: .banned)
        }
        return closed
    }
}
