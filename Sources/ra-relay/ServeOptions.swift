public import ArgumentParser
import NetPrimitives
import ProgramSupport
public import RelayService

/// What the command line may say; each option wins over the configuration file.
struct ServeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A TOML file, with these settings and more: man ra-relay.toml.", valueName: "FILE.toml"))
    var config: String?

    @Option(help: ArgumentHelp("Listen on this address only. Can be repeated.", valueName: "ADDR"))
    var listen: [String] = []

    @Option(help: "The main port, UDP and TCP (default: 3478).")
    var port: UInt16?

    @Option(help: ArgumentHelp("Further ports, UDP and TCP (default: 3389,1863, as far as they are free).", valueName: "P,P…"))
    var alsoListen: String?

    @Option(help: ArgumentHelp("The address by which the internet reaches this host, behind a one-to-one NAT. Can be repeated.", valueName: "ADDR"))
    var externalIp: [String] = []

    @Option(help: ArgumentHelp("The TURN realm (default: the public URL's host, else ra-relay).", valueName: "NAME"))
    var realm: String?

    @Option(help: ArgumentHelp("A TURN user. Can be repeated.", valueName: "NAME:PASSWORD"))
    var user: [String] = []

    @Option(help: ArgumentHelp("The secret of time-limited credentials (default: made at the first start).", valueName: "SECRET"))
    var authSecret: String?

    @Option(help: ArgumentHelp("Ports for relayed addresses (default: 49152-65535).", valueName: "LOW-HIGH"))
    var relayPorts: String?

    @Option(help: ArgumentHelp("Forward to these addresses although they are not public. Can be repeated.", valueName: "CIDR"))
    var allowPeer: [String] = []

    @Option(help: ArgumentHelp("Never forward to these addresses. Can be repeated.", valueName: "CIDR"))
    var denyPeer: [String] = []

    @Option(help: ArgumentHelp("The certificate, and those that lead to its root, in PEM.", valueName: "FILE"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("The certificate's private key, in PEM.", valueName: "FILE"))
    var tlsKey: String?

    @Flag(help: "Use a certificate of the relay's own making; clients remember its key at the first meeting.")
    var tlsSelfSigned = false

    @Option(help: "A further port, UDP and TCP, when there is a certificate (default: 5349, if it is free).")
    var tlsPort: UInt16?

    @Option(help: ArgumentHelp("What clients are told to use.", valueName: "URL"))
    var publicUrl: String?

    @Option(help: ArgumentHelp("Where the secret and the invitations are kept: a directory, or a fleet's postgres://…", valueName: "DIR|URL"))
    var state: String?

    @Option(help: ArgumentHelp("Where clients reach this node of a fleet and no other (default: the public URL).", valueName: "URL"))
    var nodeUrl: String?

    @Option(help: ArgumentHelp("Threads of the data plane (default: one for each core).", valueName: "N"))
    var workers: Int?

    @Option(help: ArgumentHelp("Answers per second and source to unproven addresses; 0: no bound (default: 2000).", valueName: "N"))
    var unprovenRate: Int?

    @Option(help: ArgumentHelp("Serve metrics there, for Prometheus, and /healthz and /readyz.", valueName: "ADDR:PORT"))
    var metrics: String?

    @Option(
        help: ArgumentHelp("How long SIGTERM lets allocations go on: 90s, 5m, 1h (default: 5m).", valueName: "TIME"),
        transform: timeArgument)
    var drainDeadline: Duration?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning or error (default: info).", valueName: "L"))
    var logLevel: ServeConfiguration.LogLevel?

    @Option(help: "text or json (default: text).")
    var logFormat: ServeConfiguration.LogFormat?

    /// The file's settings, and what the command line says over them.
    func configuration() throws -> ServeConfiguration {
        var result = try TextFile.configuration(config)
        if !listen.isEmpty { result.listen = try listen.map { try address($0, "listen") } }
        if let port { result.port = port }
        if let alsoListen { result.alsoListen = try portList(alsoListen) }
        if !externalIp.isEmpty { result.externalAddresses = try externalIp.map { try address($0, "external-ip") } }
        if let realm { result.realm = realm }
        if !user.isEmpty { result.users = try user.map(account) }
        if let authSecret { result.authSecrets = [authSecret] }
        if let relayPorts { result.relayPorts = try PortRange(relayPorts).range }
        if !allowPeer.isEmpty { result.allowPeers = try allowPeer.map { try block($0, "allow-peer") } }
        if !denyPeer.isEmpty { result.denyPeers = try denyPeer.map { try block($0, "deny-peer") } }
        if let publicUrl { result.publicURL = publicUrl }
        if tlsCert != nil || tlsKey != nil {
            (result.tlsCertificate, result.tlsKey) = (tlsCert ?? result.tlsCertificate, tlsKey ?? result.tlsKey)
            result.tlsSelfSigned = false
        }
        if tlsSelfSigned {
            (result.tlsCertificate, result.tlsKey) = (tlsCert, tlsKey)
            result.tlsSelfSigned = true
        }
        if let tlsPort { result.tlsPort = tlsPort }
        if let state { result.stateDirectory = state }
        if let nodeUrl { result.nodeURL = nodeUrl }
        if let workers { result.workers = workers }
        if let unprovenRate { result.unprovenRate = unprovenRate }
        if let metrics { result.metrics = try socket(metrics, "metrics") }
        if let drainDeadline { result.drainDeadline = drainDeadline }
        if let logLevel { result.logLevel = logLevel }
        if let logFormat { result.logFormat = logFormat }
        try result.validate()
        return result
    }

    private func address(_ text: String, _ option: String) throws(ConfigurationError) -> IPAddress {
        guard let address = IPAddress(text) else { throw ConfigurationError("\(option): “\(text)” is not an IP address.") }
        return address
    }

    private func socket(_ text: String, _ option: String) throws(ConfigurationError) -> TransportAddress {
        guard let address = TransportAddress(text) else {
            throw ConfigurationError("\(option): “\(text)” is not an address and a port such as 127.0.0.1:9478 or [::1]:9478.")
        }
        return address
    }

    private func block(_ text: String, _ option: String) throws(ConfigurationError) -> CIDRBlock {
        guard let block = CIDRBlock(text) else {
            throw ConfigurationError("\(option): “\(text)” is not a block of addresses such as 10.0.0.0/8.")
        }
        return block
    }

    private func account(_ text: String) throws(ConfigurationError) -> ServeConfiguration.User {
        guard let user = ServeConfiguration.User(text) else { throw ConfigurationError("user: write NAME:PASSWORD.") }
        return user
    }

    private func portList(_ text: String) throws(ConfigurationError) -> [UInt16] {
        try text.split(separator: ",").map { (part) throws(ConfigurationError) in
            guard let port = UInt16(part), port > 0 else {
                throw ConfigurationError("also-listen: “\(part)” is not a port.")
            }
            return port
        }
    }
}

extension ServeConfiguration.LogLevel: ExpressibleByArgument {}
extension ServeConfiguration.LogFormat: ExpressibleByArgument {}
