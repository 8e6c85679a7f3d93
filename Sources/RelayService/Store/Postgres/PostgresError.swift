/// Why PostgreSQL did not do what it was asked.
enum PostgresError: Error, Hashable, Sendable {
    /// It cannot be reached, or was lost, or does not answer; libpq's words, in which no password is.
    case away(String)
    /// It has refused: the SQLSTATE (PostgreSQL's manual, appendix A) and its words.
    case refused(state: String, String)
    /// What it said is not what was asked for: another program writes to these tables.
    case unexpected
}

extension PostgresError: CustomStringConvertible {
    var description: String {
        switch self {
        case .away(let reason): "the database is away: \(reason)"
        case .refused(let state, let reason): "the database refused (\(state)): \(reason)"
        case .unexpected: "the database holds what this version does not understand"
        }
    }
}
