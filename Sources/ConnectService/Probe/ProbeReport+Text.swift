import NetPrimitives
import PortMapping
import Rendezvous

extension ProbeReport {
    /// The report for people: a table of ports, the NAT, the router, the path to expect, and what to change.
    public func text(inColour: Bool) -> String {
        var lines = ["Relay  \(relay)", ""]
        lines += portTable(inColour: inColour)
        lines += ["", PortReport.whyInbound, ""]
        lines.append("NAT            \(natLine)")
        lines.append("Router         UPnP: \(portMapping.upnp.sentence)")
        lines.append("               NAT-PMP: \(portMapping.natPMP.sentence)")
        lines.append("               PCP: \(portMapping.pcp.sentence)")
        lines.append("Expected path  \(expectedPath.rawValue): \(expectedPath.sentence)")
        if !advice.isEmpty {
            lines.append("")
            lines += advice.map { "→ \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    private func portTable(inColour: Bool) -> [String] {
        let header = ["PORT", "OUTBOUND", "RTT", ""]
        let rows = ports.map { report in
            [
                "\(report.target)", report.outbound.name, report.roundTripMilliseconds.map { "\($0) ms" } ?? "-",
                report.outbound.why ?? "",
            ]
        }
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String], _ colour: TerminalColour?) -> String {
            let padded = zip(cells, widths).enumerated().map { column, cell in
                let text = column == 1 ? colour?.paint(cell.0) ?? cell.0 : cell.0
                return text + String(repeating: " ", count: cell.1 - cell.0.count)
            }
            return padded.joined(separator: "  ").withoutTrailingSpaces
        }
        return [line(header, nil)]
            + zip(rows, ports).map { line($0, inColour ? TerminalColour($1.outbound) : nil) }
    }

    private var natLine: String {
        let address = nat.publicAddress.map { "public address \($0), " } ?? ""
        return "\(address)mapping \(nat.mapping.rawValue): \(nat.reading)"
    }
}

extension PortMappingReport.Method {
    fileprivate var sentence: String {
        switch self {
        case .mapped(let mapping):
            "opened \(mapping.external)" + (mapping.router.map { " (\($0.printable))" } ?? "")
        case .failed(let failure): "\(failure)".printable
        case .silent: "no answer"
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

    func paint(_ text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}

extension String {
    fileprivate var withoutTrailingSpaces: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    /// What a router says of itself comes from the network: nothing of it may steer the terminal.
    fileprivate var printable: String {
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: text.append("\u{FFFD}")
            default: text.append(scalar)
            }
        }
        return String(text)
    }
}
