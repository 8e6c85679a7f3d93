import ArgumentParser
import Foundation
import NetPrimitives
import ProgramSupport
import RelayService
import Rendezvous

/// `ra-relay ban`: shuts somebody out of a relay, or of all relays that share its store.
struct BanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ban", abstract: "Shut somebody out.",
        discussion: "A ban holds within five seconds at every relay that has the same store. Exit code 1: there was no such ban, or "
            + "the store fails.",
        subcommands: [Add.self, List.self, Remove.self])

    /// Where the store is, and how it is spoken of.
    struct Place: ParsableArguments {
        @Flag(help: "Print one JSON object.")
        var json = false

        @Option(help: ArgumentHelp("The relay's state directory, which holds the bans.", valueName: "DIR"))
        var state: String?

        @Option(help: ArgumentHelp("The relay's configuration file.", valueName: "FILE.toml"))
        var config: String?

        func withBook(_ body: (inout BanBook) throws -> Void) throws {
            try StoreCommand.run(opening: { try BanBook(configuration: TextFile.configuration(config), state: state) }, body)
        }
    }

    /// Of whom it speaks: one of the four.
    struct Subject: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "A user of TURN, with all credentials; expiry:user is one credential, i-LABEL an invitation's session.",
                valueName: "NAME"))
        var user: String?

        @Option(
            help: ArgumentHelp(
                "An address or a block of them; of a lone IPv6 address the /56 around it.", valueName: "ADDR|CIDR"))
        var address: String?

        @Option(
            help: ArgumentHelp(
                "A person's name here, for contacts, and the key that has it, under whatever name.", valueName: "NAME"))
        var person: String?

        @Option(
            help: ArgumentHelp(
                "A person's key, by its fingerprint as “ra-relay people list” says it.", valueName: "FINGERPRINT"))
        var key: String?

        func validate() throws { _ = try value() }

        func value() throws -> BanSubject {
            switch (user, address, person, key) {
            case (let user?, nil, nil, nil):
                guard let subject = BanSubject(user: user) else {
                    throw ValidationError("--user: a name has 1 to \(BanSubject.longestUser) bytes of characters that print.")
                }
                return subject
            case (nil, let address?, nil, nil):
                do { return try BanSubject(address: address) } catch { throw ValidationError("--address “\(address)”: \(error)") }
            case (nil, nil, let person?, nil):
                guard let name = PersonName(person) else {
                    throw ValidationError(
                        "--person “\(person)”: a name has 2 to 32 letters, digits, dots, hyphens and underscores, and no @.")
                }
                return .person(name)
            case (nil, nil, nil, let key?):
                guard let fingerprint = KeyFingerprint(key) else {
                    throw ValidationError("--key “\(key)”: write the fingerprint, six groups of four; see ra-relay people list.")
                }
                return .key(fingerprint)
            case (nil, nil, nil, nil), (_, _, _, _):
                throw ValidationError("Say whom, once: --user NAME, --address ADDR|CIDR, --person NAME, or --key FINGERPRINT.")
            }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shut out a user, an address, a network or a person.",
            discussion: "Their allocations end, their connections are closed, and they get no others. Of who is banned already, the "
                + "end and the reason become these.")

        @OptionGroup var subject: Subject

        @Option(
            name: .customLong("for"),
            help: ArgumentHelp("How long: 30m, 1h, 2d (default: until it is removed).", valueName: "TIME"), transform: timeArgument)
        var time: Duration?

        @Option(help: ArgumentHelp("Why, for other operators; no client hears it.", valueName: "TEXT"))
        var reason = ""

        @OptionGroup var place: Place

        func run() throws {
            try place.withBook { book in
                let ban = try book.add(try subject.value(), lasting: time, reason: reason, now: Date())
                print(place.json ? ban.json : "banned: \(ban.sentence)")
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say who is shut out, until when, and why.")

        @OptionGroup var place: Place

        func run() throws {
            try place.withBook { book in
                let bans = try book.list(now: Date())
                if place.json {
                    print(Ban.json(bans))
                } else if bans.isEmpty {
                    print("Nobody is banned.")
                } else {
                    for ban in bans { print(ban.sentence) }
                }
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let somebody in again.", discussion: "Name them as `ra-relay ban list` does.")

        @OptionGroup var subject: Subject
        @OptionGroup var place: Place

        func run() throws {
            let subject = try subject.value()
            try place.withBook { book in
                try StoreCommand.tell(
                    isGone: try book.remove(subject), asJSON: place.json, done: "no longer banned: \(subject.sentence)",
                    missing: "there is no ban of \(subject.sentence); see ra-relay ban list.")
            }
        }
    }
}
