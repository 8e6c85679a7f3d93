import ArgumentParser
import ConnectService

/// `ra-connect history`: past sessions, what was allowed in them, and why the last one took the path it took.
struct History: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List past sessions, or explain the last one.",
        discussion: "They are kept on this computer alone, in ~/.local/state/ra-connect/history.jsonl, which you may delete.")

    @OptionGroup var common: CommonOptions

    @Flag(help: "Explain the last session: what was allowed when, what was sent, and each way that was tried.")
    var last = false

    func run() {
        let records = SessionHistory().records
        let shown = last ? records.suffix(1) : records[...]
        if common.json {
            for record in shown { print(record.json) }
        } else if shown.isEmpty {
            print("There was no session yet.")
        } else {
            for record in shown { print(last ? record.explanation() : record.summary()) }
        }
    }
}
