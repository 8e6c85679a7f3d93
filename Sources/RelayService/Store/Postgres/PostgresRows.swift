import CPostgres

/// What a statement has brought: rows of texts, in the order of its columns.
struct PostgresRows: Sendable {
    let rows: [[String?]]

    init(_ rows: [[String?]]) { self.rows = rows }

    /// - Parameter result: one with tuples or none, alive during the call.
    init(_ result: OpaquePointer) {
        rows = (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                // The value is libpq's, ends with a zero, and is copied here.
                PQgetisnull(result, row, column) == 1 ? nil : PQgetvalue(result, row, column).map { String(cString: $0) }
            }
        }
    }

    /// The first row's first column.
    var first: String? { rows.first?.first ?? nil }
}
