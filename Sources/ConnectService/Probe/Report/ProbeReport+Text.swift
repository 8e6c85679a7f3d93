import NetPrimitives
import PortMapping
import Rendezvous

extension ProbeReport {
    /// The report for people: a table of ports, the NAT, the router, the path to expect, and what to change.
    public func text(inColour: Bool) -> String {
        var lines = ["Relay  \(relay)", ""]
        lines += portTable(inColour: inColour)
        if let sharedReason { lines += ["", "Inbound is untested: \(sharedReason.printable)"] }
        lines.append("")
        lines.append("NAT            \(natLine)")
        lines += natDetails.map { "               \($0)" }
        for (number, method) in portMapping.methods.enumerated() {
            lines.append((number == 0 ? "Router         " : "               ") + "\(method.name): \(method.answer.sentence)")
        }
        if let model = portMapping.model { lines.append("               model: \(model.printable)") }
        lines.append("IPv6           \(ipv6.reading)")
        if let proxy { lines.append("Proxy          \(proxy.reading)") }
        if case .proxy(let status)? = interceptor {
            lines.append("Web            somebody answers HTTP in everybody's place (\(status)): a proxy or a filter")
        }
        lines.append("Expected path  \(expectedPath.rawValue): \(expectedPath.sentence)")
        if !advice.isEmpty {
            lines.append("")
            lines += advice.map { "→ \($0.printable)" }
        }
        return lines.joined(separator: "\n")
    }

    /// Why no port at all could be tried from outside, when it is the same for all: said once, under the table.
    private var sharedReason: String? {
        guard let first = ports.first?.whyUntested, ports.allSatisfy({ $0.whyUntested == first }) else { return nil }
        return first
    }

    private func portTable(inColour: Bool) -> [String] {
        let header = ["PORT", "OUTBOUND", "INBOUND", "RTT", ""]
        let rows = ports.map { report in
            let reasons = [report.whyOutbound, sharedReason == nil ? report.whyUntested : nil].compactMap(\.self)
            return [
                "\(report.target)", report.outbound.name, report.inbound.name,
                report.roundTripMilliseconds.map { "\($0) ms" } ?? "-", reasons.joined(separator: " ").printable,
            ]
        }
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String], _ colours: [Int: TerminalColour]) -> String {
            let padded = zip(cells, widths).enumerated().map { column, cell in
                let text = colours[column]?.paint(cell.0) ?? cell.0
                return text + String(repeating: " ", count: cell.1 - cell.0.count)
            }
            return padded.joined(separator: "  ").withoutTrailingSpaces
        }
        return [line(header, [:])]
            + zip(rows, ports).map { cells, report in
                line(cells, inColour ? [1: TerminalColour(report.outbound), 2: TerminalColour(report.inbound)] : [:])
            }
    }

    private var natLine: String {
        let address = nat.publicAddress.map { "public address \($0), " } ?? ""
        return "\(address)mapping \(nat.mapping.rawValue): \(nat.reading)"
    }

    /// What else is known about the NAT.
    private var natDetails: [String] {
        guard nat.hasUDP else { return [] }
        var details = ["filtering \(nat.filtering.name): \(nat.filtering.reading)"]
        var others: [String] = []
        if let keepsPort = nat.keepsPort { others.append(keepsPort ? "ports are kept" : "ports are changed") }
        if let hairpin = nat.hairpin { others.append(hairpin ? "hairpin works" : "no hairpin") }
        if doubleNAT == true { others.append("behind another NAT") }
        if let lifetime = nat.bindingLifetime { others.append(lifetime.reading) }
        if !others.isEmpty { details.append(others.joined(separator: ", ")) }
        return details
    }
}

extension PortMappingReport.Method {
    fileprivate var sentence: String {
        switch self {
        case .mapped(let mapping, let inbound):
            "opened \(mapping.external), \(inbound.asMapping.printable)" + (mapping.router.map { " (\($0.printable))" } ?? "")
        case .failed(let failure): "\(failure)".printable
        case .silent: "no answer"
        }
    }
}

extension Inbound {
    /// What became of the relay's dial to a port that the router opened.
    fileprivate var asMapping: String {
        switch self {
        case .open: "and the relay gets in"
        case .refused, .filtered: "but the relay does not get in"
        case .untested(let why): "untested: \(why)"
        }
    }
}

/// What a terminal shows an outcome in (ECMA-48 §8.3.117).
private enum TerminalColour: Int {
    case red = 31
    case green = 32
    case yellow = 33

    init(_ outbound: Outbound) {
        switch outbound {
        case .open: self = .green
        case .blocked, .unanswered: self = .red
        case .notServed: self = .yellow
        }
    }

    init(_ inbound: Inbound) {
        switch inbound {
        case .open: self = .green
        case .refused, .filtered, .untested: self = .yellow
        }
    }

    func paint(_ text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}

extension String {
    fileprivate var withoutTrailingSpaces: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
