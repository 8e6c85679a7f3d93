import ArgumentParser
import Foundation
import RelayService

/// `ra-relay status`: how the relay on this host is.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the relay that runs on this host how it is.",
        discussion: "It looks twice, a second apart, to tell rates. Exit code 0: a relay answered; 3: none runs, or none that "
            + "may be asked.")

    @Flag(help: "Print one JSON object.")
    var json = false

    @Option(help: ArgumentHelp("The relay's state directory, or its fleet's postgres://…", valueName: "DIR|URL"))
    var state: String?

    @Option(help: ArgumentHelp("The relay's configuration file.", valueName: "FILE.toml"))
    var config: String?

    func run() async throws {
        let client: StatusClient
        do {
            client = try StatusClient(configuration: TextFile.configuration(config), state: state)
        } catch {
            throw ValidationError("\(error)")
        }
        do {
            let clock = ContinuousClock()
            let first = try client.ask()
            let began = clock.now
            try await Task.sleep(for: .seconds(1))
            let status = try client.ask()
            let rates = RelayRates(from: first, to: status, seconds: (clock.now - began) / .seconds(1))
            print(try json ? status.report(with: rates) : status.text(rates))
        } catch let failure as StatusClient.Failure {
            FileHandle.standardError.write(Data("\(failure)\n".utf8))
            throw ExitCode(3)
        }
    }
}
