import CPostgres
import Rendezvous

/// Where a fleet's database is and how to get in: `postgres://…`, as libpq reads it. Prints without what is secret in it.
struct PostgresURL: Sendable {
    /// The whole of it, for libpq alone.
    let text: Secret

    /// Nil for what does not name a database, or is not understood.
    init?(_ text: String) {
        guard Self.namesDatabase(text), Self.isUnderstood(text) else { return nil }
        self.text = Secret(text.utf8)
    }

    /// About an address that libpq does not understand, without the address.
    static let mistake = "libpq does not understand this address of a database: write it like postgres://USER:PASSWORD@HOST/DATABASE, "
        + "with every sign in a password that is neither letter nor digit as % and two hexadecimal digits."

    static func isUnderstood(_ text: String) -> Bool {
        var message: UnsafeMutablePointer<CChar>?
        let options = PQconninfoParse(text, &message)
        PQconninfoFree(options)
        // It repeats what was written, password and all: it is not passed on.
        PQfreemem(message)
        return options != nil
    }

    static func namesDatabase(_ text: String) -> Bool {
        let lowercased = text.lowercased()
        return lowercased.hasPrefix("postgres://") || lowercased.hasPrefix("postgresql://")
    }
}

extension PostgresURL: CustomStringConvertible {
    var description: String { "postgres://<redacted>" }
}
