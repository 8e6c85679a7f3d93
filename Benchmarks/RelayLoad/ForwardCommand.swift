import ArgumentParser
import Glibc
import NetPrimitives

/// The bare forwarder: the ceiling of what a relay can carry here.
struct ForwardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "forward", abstract: "Forwards without TURN.")

    @Option(help: "Where clients send to.") var listen: String

    func run() throws {
        guard let address = TransportAddress(listen) else { throw ValidationError("“\(listen)” is no address and port.") }
        var forwarder = try Forwarder.listening(on: address)
        print("ready")
        forwarder.run()
    }
}
