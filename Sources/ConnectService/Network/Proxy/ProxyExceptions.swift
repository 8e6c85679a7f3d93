import NetPrimitives

/// The hosts that are reached without a proxy, as `no_proxy` lists them: names with all that is below them, addresses,
/// blocks of addresses, each with a port if only that one is meant; `*` for every host. This machine is always one of them.
struct ProxyExceptions: Hashable, Sendable {
    private enum Rule: Hashable {
        case everything
        case block(CIDRBlock)
        case address(IPAddress, port: UInt16)
        case domain(Substring, port: UInt16?)
    }

    private let rules: [Rule]
    /// More than anybody writes; the rest is not read.
    private static let maximumRules = 256

    init(_ list: String) {
        rules = list.split(maxSplits: Self.maximumRules) { $0 == "," || $0.isWhitespace }
            .prefix(Self.maximumRules).map { Self.rule(String($0).lowercased()) }
    }

    /// - Parameter host: a name or an address, without brackets.
    func contains(host: String, port: UInt16) -> Bool {
        if RelayEndpoint(isSecure: false, host: host, port: port).isLoopback { return true }
        let name = host.lowercased()[...]
        let ip = IPAddress(host)?.unmapped
        return rules.contains { rule in
            switch rule {
            case .everything: true
            case .block(let block): ip.map(block.contains) ?? false
            case .address(let address, let only): ip == address && only == port
            case .domain(let domain, let only): (name == domain || name.hasSuffix("." + domain)) && (only ?? port) == port
            }
        }
    }

    private static func rule(_ text: String) -> Rule {
        if text == "*" { return .everything }
        if let block = CIDRBlock(text) { return .block(block) }
        var host = text[...]
        var port: UInt16?
        if let colon = text.lastIndex(of: ":"), let number = UInt16(text[text.index(after: colon)...]) {
            host = text[..<colon]
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        if let port, let ip = IPAddress(String(host)) { return .address(ip.unmapped, port: port) }
        if host.hasPrefix("*") { host = host.dropFirst() }
        if host.hasPrefix(".") { host = host.dropFirst() }
        return .domain(host, port: port)
    }
}
