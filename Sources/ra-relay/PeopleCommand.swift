import ArgumentParser
import Foundation
import ProgramSupport
import RelayService
import Rendezvous

/// `ra-relay people`: whose name is whose at a relay, and a name that is freed.
struct PeopleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "people", abstract: "See who has a name here, and free names.",
        discussion: "Exit code 1: nobody has the name, or the store fails.", subcommands: [List.self, Remove.self])

    /// Where the store is, and how it is spoken of.
    struct Place: ParsableArguments {
        @Flag(help: "Print JSON: one object a line.")
        var json = false

        @Option(help: ArgumentHelp("The relay's state directory, which holds the names.", valueName: "DIR"))
        var state: String?

        @Option(help: ArgumentHelp("The relay's configuration file.", valueName: "FILE.toml"))
        var config: String?

        func withBook(_ body: (inout PeopleBook) throws -> Void) throws {
            try StoreCommand.run(opening: { try PeopleBook(configuration: TextFile.configuration(config), state: state) }, body)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say who has which name: its key's fingerprint, since when, and when it was last used, to the day.")

        @OptionGroup var place: Place

        func run() throws {
            try place.withBook { book in
                var isEmpty = true
                try book.forEach { record in
                    isEmpty = false
                    let (name, key) = (record.person.name, record.person.key)
                    print(
                        place.json
                            ? #"{"name":"\#(name)","fingerprint":"\#(key.fingerprint)","key":"\#(key.text)","registered":"\#(record.registered)","seen":"\#(record.seen)"}"#
                            : "\(name)  \(key.fingerprint)  since \(record.registered), last seen \(record.seen)")
                }
                if isEmpty, !place.json { print("Nobody has a name here.") }
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Free a name.",
            discussion: "Whoever registers it next has another key, of which all contacts are told before anything is sent. Who is "
                + "present under it now stays so until that connection ends.")

        @Argument(help: ArgumentHelp("The name, without the relay.", valueName: "NAME"))
        var name: String

        @OptionGroup var place: Place

        func validate() throws {
            guard PersonName(name) != nil else {
                throw ValidationError("“\(name)” is no name: it has 2 to 32 letters, digits, dots, hyphens and underscores, and no @.")
            }
        }

        func run() throws {
            guard let name = PersonName(name) else { throw ValidationError("“\(name)” is no name.") }
            try place.withBook { book in
                try StoreCommand.tell(
                    isGone: try book.remove(name), asJSON: place.json, done: "free again: \(name)",
                    missing: "nobody has the name \(name); see ra-relay people list.")
            }
        }
    }
}
