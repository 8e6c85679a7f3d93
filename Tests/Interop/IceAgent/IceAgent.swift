import ArgumentParser
import ConnectService
import ICE
import NetPrimitives

/// Our end of a meeting with somebody else's ICE agent: `ra-connect`'s way to a peer, without `ra-connect`.
///
/// What the two ends signal are SDP's attribute lines (RFC 8839), as they come: ours on standard output, the other's on
/// standard input. Between ours stand reports, one JSON object a line; between the other's, commands: see `OurEnd`.
@main
struct IceAgent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "IceAgent", abstract: "Meets somebody else's ICE agent; no product.")

    @Option(help: "controlling or controlled, to begin with.", transform: role) var role: ICE.Role
    @Option(help: "active or passive: DTLS and data channels run over the path. Without it payloads are bare datagrams.")
    var setup: Setup?
    @Option(help: "An address of this machine, to be a host candidate.", transform: address) var address: [IPAddress] = []
    @Option(help: "turn:ADDRESS:PORT?transport=udp|tcp, or turns:.") var relay: String?
    @Option(help: "The relay's user.") var user = ""
    @Option(help: "The user's password.") var password = ""
    @Flag(help: "Listen on TCP at these addresses as well.") var door = false
    @Option(help: "Payloads that are asked for in one exchange.") var payloads = 300

    /// RFC 8842 §5.2: who begins DTLS.
    enum Setup: String, ExpressibleByArgument { case active, passive }

    private static func role(_ text: String) throws -> ICE.Role {
        guard let role = ICE.Role(rawValue: text) else { throw ValidationError("“\(text)” is no role.") }
        return role
    }

    private static func address(_ text: String) throws -> IPAddress {
        guard let address = IPAddress(text) else { throw ValidationError("“\(text)” is no address.") }
        return address
    }

    func validate() throws {
        guard (1...100_000).contains(payloads) else { throw ValidationError("--payloads is 1 to 100000.") }
    }

    func run() async throws {
        let engine = ConnectEngine()
        let end = try OurEnd(self, loop: engine.loop)
        await end.start()
        engine.watch { await end.perform(line: $0) } stop: { await end.stop() }
        let failure = await end.end()
        await engine.shutDown()
        if let failure { throw failure }
    }
}
