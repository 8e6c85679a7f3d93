import ArgumentParser
import Glibc
import NetPrimitives

/// The load of `make bench-relay`: see Benchmarks/README.md. `Benchmarks/bench-relay` runs it.
@main
struct RelayLoad: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends through a relay, checks what arrives, and counts.",
        subcommands: [SendCommand.self, AllocateCommand.self, ForwardCommand.self])
}

/// Who is loaded, and from where.
struct SceneOptions: ParsableArguments {
    @Option(help: "The server under test.") var server: String
    @Option(help: "The user's name.") var user = "bench"
    @Option(help: "The user's password.") var password = "bench-password"
    @Option(help: "The first client's address and port; the others have the addresses that follow.")
    var client = "11.22.64.1:40000"
    @Option(help: "The first peer's.") var peer = "11.22.128.1:50000"

    func scene() throws -> Scene {
        func address(_ text: String) throws -> TransportAddress {
            guard let address = TransportAddress(text) else { throw ValidationError("“\(text)” is no address and port.") }
            return address
        }
        return Scene(
            server: try address(server), username: user, password: password, firstClient: try address(client),
            firstPeer: try address(peer))
    }
}
