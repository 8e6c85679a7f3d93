/// Bans that last as long as the process: for tests.
public struct InMemoryBanStore: BanStore {
    private var bans: [BanSubject: Ban] = [:]
    private let limit: Int

    public init(limit: Int = Ban.limit) { self.limit = limit }

    public mutating func add(_ ban: Ban, at time: UnixTime) -> Bool {
        bans = bans.filter { $0.value.holds(at: time) }
        guard bans[ban.subject] != nil || bans.count < limit else { return false }
        bans[ban.subject] = Ban(ban.subject, added: bans[ban.subject]?.added ?? ban.added, expires: ban.expires, reason: ban.reason)
        return true
    }

    public mutating func remove(_ subject: BanSubject) -> Bool { bans.removeValue(forKey: subject) != nil }

    public func bans(at time: UnixTime) -> [Ban] {
        func key(_ ban: Ban) -> [UInt8] { Array("\(ban.subject.kind.rawValue) \(ban.subject.text)".utf8) }
        return bans.values.filter { $0.holds(at: time) }.sorted { key($0).lexicographicallyPrecedes(key($1)) }
    }
}
