import ArgumentParser
import Foundation
import Logging
import RelayService

/// `ra-relay serve`: runs until SIGTERM, which drains it, or Ctrl-C.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the relay.")

    @OptionGroup var options: ServeOptions

    func run() async throws {
        let settings: ServeConfiguration
        do { settings = try options.configuration() } catch {
            FileHandle.standardError.write(Data("ra-relay: \(error)\n".utf8))
            throw ExitCode(2)
        }
        let log = RelayLog(settings)
        do {
            let relay = try await RelayServer.start(settings, logger: log.logger)
            let signals = await OperatorSignals()
            try FileHandle.standardOutput.write(contentsOf: Data("ra-relay ready: \(relay.url)\n".utf8))
            await signals.wait(
                reload: {
                    do {
                        try relay.reload(options.configuration())
                        log.follow(relay.configuration)
                    } catch {
                        log.logger.warning("the configuration is not taken over", metadata: ["error": "\(error)"])
                    }
                },
                drain: { await relay.drain() })
            await relay.stop()
        } catch {
            FileHandle.standardError.write(Data("ra-relay: \(error)\n".utf8))
            throw ExitCode(1)
        }
    }
}
