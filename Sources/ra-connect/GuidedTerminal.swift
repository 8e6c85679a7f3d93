import ConnectService
import Foundation
import Glibc
import Policy
import Rendezvous
import Session

/// `ra-connect` without arguments: asks at the terminal what is wanted.
enum GuidedTerminal {
    /// Whether somebody can be asked.
    static var isThere: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// The arguments of the command that the person was led to. Whoever leaves, by q, Ctrl-D or Ctrl-C, ends the program.
    static func arguments() -> [String] {
        // There is nothing to put away yet, so that the handler may end the process; it calls what a handler may call.
        signal(SIGINT) { _ in
            let farewell: StaticString = "\nNothing was done.\n"
            _ = Glibc.write(STDOUT_FILENO, farewell.utf8Start, farewell.utf8CodeUnitCount)
            _exit(128 + SIGINT)
        }
        defer { signal(SIGINT, SIG_DFL) }
        do {
            var start = GuidedStart(in: try .here())
            while true {
                switch start.step {
                case .ask(let question):
                    write("\n\(question)\n> ", to: .standardOutput)
                    guard let line = readLine() else {
                        write("\n", to: .standardOutput)
                        leave()
                    }
                    start.answer(line)
                case .look(let paths): start.found(FoundFile(at: paths))
                case .run(let command):
                    if let relay = command.keeps { keep(relay) }
                    let advice = command.advice.joined(separator: "\n\n")
                    write("\n\(advice)\n\nThe same, typed in one line:\n  \(command.shownCommandLine)\n\n", to: .standardOutput)
                    return command.arguments
                case .leave: leave()
                case .refuse(let sentence): end(sentence, Session.ExitCode.policy.rawValue)
                }
            }
        } catch let refusal as PolicyRefusal {
            end(refusal.description, Session.ExitCode.policy.rawValue)
        } catch {
            end("\(error)", Session.ExitCode.usage.rawValue)
        }
    }

    /// What cannot be remembered is asked for again next time.
    private static func keep(_ relay: RelayURL) {
        do {
            write("\nThe relay is remembered in \(try ClientConfiguration.keep(relay)). To be asked again, take its line out there.\n", to: .standardOutput)
        } catch {
            write("\nThe relay cannot be remembered: \(error)\n", to: .standardError)
        }
    }

    private static func leave() -> Never {
        write("Nothing was done.\n", to: .standardOutput)
        exit(0)
    }

    private static func end(_ sentence: String, _ code: Int32) -> Never {
        write("\(sentence)\n", to: .standardError)
        exit(code)
    }

    private static func write(_ text: String, to handle: FileHandle) { try? handle.write(contentsOf: Data(text.utf8)) }
}
