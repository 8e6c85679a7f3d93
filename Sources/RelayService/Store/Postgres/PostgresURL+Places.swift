import CPostgres
import Rendezvous

// Where the database may be: each of several hosts is tried by itself, with a part of the patience, since libpq goes on to the
// second one only when the first has refused, and one that has vanished refuses nothing.
extension PostgresURL {
    /// The parameters that make libpq try one host alone.
    struct Place {
        let parameters: [(String, String)]
    }

    /// In the order in which they are written; a single one that changes nothing where it is libpq that knows the host.
    var places: [Place] {
        let written = options
        let hosts = list(written["host"]), addresses = list(written["hostaddr"]), ports = list(written["port"])
        let count = max(hosts.count, addresses.count)
        // What is left out means something to libpq that cannot be said of one host by itself.
        guard count > 1, [hosts, addresses].allSatisfy({ $0.isEmpty || $0.count == count && !$0.contains("") }),
            ports.count <= 1 || ports.count == count
        else { return [Place(parameters: [])] }
        return (0..<count).map { index in
            var parameters: [(String, String)] = []
            if !hosts.isEmpty { parameters.append(("host", hosts[index])) }
            if !addresses.isEmpty { parameters.append(("hostaddr", addresses[index])) }
            if !ports.isEmpty {
                let port = ports.count == 1 ? ports[0] : ports[index]
                parameters.append(("port", port.isEmpty ? Self.usualPort : port))
            }
            return Place(parameters: parameters)
        }
    }

    /// DEF_PGPORT, which is what libpq takes for a port that is left out in a list.
    private static let usualPort = "5432"

    private func list(_ text: String?) -> [String] {
        guard let text, !text.isEmpty else { return [] }
        return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    /// What the address says of the place.
    private var options: [String: String] {
        guard let parsed = PQconninfoParse(String(decoding: text.exposed, as: UTF8.self), nil) else { return [:] }
        defer { PQconninfoFree(parsed) }
        var options: [String: String] = [:]
        var option = parsed
        while let keyword = option.pointee.keyword {
            let name = String(cString: keyword)
            if ["host", "hostaddr", "port"].contains(name), let value = option.pointee.val { options[name] = String(cString: value) }
            option += 1
        }
        return options
    }
}
