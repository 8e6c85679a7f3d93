import CPostgres
import Glibc
import HostNetwork
import NetPrimitives
import Rendezvous

/// One connection to PostgreSQL, for one thread: every call has an end, however dead the other side is.
final class PostgresConnection {
    /// A statement of ours takes milliseconds. Whoever has asked gives up after five seconds (`MeetingServer.storePatience`).
    static let patience: Duration = .seconds(4)

    /// nil once it was lost.
    private var handle: OpaquePointer?

    /// Which of the address's hosts it is.
    private(set) var place = 0

    /// Connects. Of several hosts each has its part of the patience, and what those before it have left of theirs.
    ///
    /// - Parameter first: the host to begin with: the last one that was there.
    /// - Throws: `.away`, for whatever reason there is no connection.
    init(_ url: PostgresURL, beginningWith first: Int = 0) throws(PostgresError) {
        let places = url.places
        let end = MonotonicClock.now() + Self.patience
        var failure = PostgresError.away("no connection")
        for offset in places.indices {
            let now = MonotonicClock.now()
            let index = (first + offset) % places.count
            do throws(PostgresError) {
                try connect(url, places[index], until: now + (end - now) / (places.count - offset))
                place = index
                return
            } catch {
                PQfinish(handle)
                handle = nil
                failure = error
            }
        }
        throw failure
    }

    private func connect(_ url: PostgresURL, _ place: PostgresURL.Place, until deadline: Instant) throws(PostgresError) {
        // What stands before the URL is a default that the URL may change; what stands behind it holds.
        let parameters: [(String, String)] =
            [
                ("application_name", "ra-relay"),
                // Of several hosts the one that takes changes.
                ("target_session_attrs", "read-write"),
                ("dbname", String(decoding: url.text.exposed, as: UTF8.self)),
                ("client_encoding", "UTF8"),
            ] + place.parameters
        let names = CStrings(parameters.map(\.0)), values = CStrings(parameters.map(\.1))
        handle = PQconnectStartParams(names.pointers, values.pointers, 1)
        var wanted = PGRES_POLLING_WRITING
        while wanted != PGRES_POLLING_OK {
            guard let handle, PQstatus(handle) != CONNECTION_BAD, wanted != PGRES_POLLING_FAILED else { throw lose() }
            try wait(for: wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT, until: deadline)
            wanted = PQconnectPoll(handle)
        }
        guard let handle, PQsetnonblocking(handle, 1) == 0 else { throw lose() }
        // Whoever has gone away on our side holds up nobody there.
        _ = try run("SET statement_timeout = 4000; SET lock_timeout = 3000; SET idle_in_transaction_session_timeout = 10000", until: deadline)
    }

    deinit { PQfinish(handle) }

    /// Whether it can be used, as far as is known without asking: a server that has ended has said so.
    var isAlive: Bool {
        guard let handle else { return false }
        return PQconsumeInput(handle) == 1 && PQstatus(handle) == CONNECTION_OK
    }

    /// Runs one statement.
    ///
    /// - Parameter values: for `$1`, `$2`…, as texts; nil is NULL.
    func run(_ statement: String, _ values: [String?] = []) throws(PostgresError) -> PostgresRows {
        try run(statement, values, until: MonotonicClock.now() + Self.patience)
    }

    /// - Parameter deadline: of what may take longer than a statement of a client's.
    func run(_ statement: String, _ values: [String?] = [], until deadline: Instant) throws(PostgresError) -> PostgresRows {
        guard let handle else { throw .away("the connection was lost") }
        let texts = CStrings(values)
        // Several statements at once go without values only.
        let isSent = values.isEmpty
            ? PQsendQuery(handle, statement)
            : PQsendQueryParams(handle, statement, Int32(values.count), nil, texts.pointers, nil, nil, 0)
        guard isSent == 1 else { throw lose() }
        while true {
            let left = PQflush(handle)
            if left == 0 { break }
            guard left == 1 else { throw lose() }
            try wait(for: POLLOUT | POLLIN, until: deadline)
            guard PQconsumeInput(handle) == 1 else { throw lose() }
        }
        var answer = PostgresRows([])
        var failure: PostgresError?
        // Until there are no more results the connection takes no other statement.
        while true {
            while PQisBusy(handle) == 1 {
                try wait(for: POLLIN, until: deadline)
                guard PQconsumeInput(handle) == 1 else { throw lose() }
            }
            guard let result = PQgetResult(handle) else { break }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: answer = PostgresRows(result)
            default: failure = failure ?? Self.refusal(result)  // libpq's, of which later versions have more
            }
        }
        guard PQstatus(handle) == CONNECTION_OK else { throw lose() }
        guard let failure else { return answer }
        if case .refused(let state, _) = failure, Self.isNoPlaceToStay(state) { _ = lose() }
        throw failure
    }

    /// Gives the connection up.
    private func lose() -> PostgresError {
        let reason = handle.flatMap(PQerrorMessage).map { String(cString: $0).split(separator: "\n").joined(separator: "; ") }
        PQfinish(handle)
        handle = nil
        return .away(reason.flatMap { $0.isEmpty ? nil : $0 } ?? "no connection")
    }

    private func wait(for events: Int32, until deadline: Instant) throws(PostgresError) {
        while let handle {
            let left = (deadline - MonotonicClock.now()) / .milliseconds(1)
            guard left > 0 else { break }
            var descriptor = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
            let ready = poll(&descriptor, 1, Int32(left.rounded(.up)))
            if ready > 0 { return }
            if ready < 0, errno != EINTR { break }
        }
        PQfinish(handle)
        handle = nil
        throw .away("it does not answer")
    }

    private static func refusal(_ result: OpaquePointer) -> PostgresError {
        func field(_ code: UnicodeScalar) -> String? { PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) } }
        // PG_DIAG_SQLSTATE and PG_DIAG_MESSAGE_PRIMARY.
        return .refused(state: field("C") ?? "?", field("M") ?? "no reason given")
    }

    /// What another connection may do and this one will not: the server shuts down (class 57), or only reads any more (25006).
    private static func isNoPlaceToStay(_ state: String) -> Bool { state == "25006" || (state.hasPrefix("57") && state != "57014") }
}

/// Texts as C has them, as long as it lives.
private final class CStrings {
    private var owned: [UnsafeMutablePointer<CChar>?]
    /// With a nil behind the last one.
    private(set) var pointers: [UnsafePointer<CChar>?]

    init(_ texts: [String?]) {
        owned = texts.map { $0.flatMap { strdup($0) } }
        pointers = owned.map { UnsafePointer($0) } + [nil]
    }

    deinit { for pointer in owned { free(pointer) } }
}
