public import ArgumentParser
public import ConnectService
import Foundation
import Rendezvous
import Session

/// `ra-connect contacts`: whom this person knows.
struct Contacts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, add, remove or block the people whom you can ring without a code.",
        discussion: """
            A contact is known by the key of their computer, whatever a relay says of their name. Both sides agree once; from then on \
            “ra-connect share --to NAME@RELAY” rings at their “ra-connect listen”.
            """,
        subcommands: [ContactsList.self, ContactsRemove.self, ContactsBlock.self, ContactsUnblock.self, ContactsOffers.self])

    /// What cannot be used, or what is refused, ends the program with a sentence and exit code 1.
    static func orEnd<Result>(_ work: () throws -> Result) throws -> Result {
        do { return try work() } catch { throw fail("\(error)") }
    }

    static func fail(_ sentence: String) -> ArgumentParser.ExitCode {
        FileHandle.standardError.write(Data((sentence + "\n").utf8))
        return .failure
    }
}

/// `ra-connect contacts list`: the own address first, then each contact.
struct ContactsList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Tell who you are to others, and whom you know.")

    @OptionGroup var common: CommonOptions

    func run() throws {
        let (book, identity) = try Contacts.orEnd { (try ContactBookFile().read(), try IdentityFile().loadOrMake()) }
        let reports = book.contacts.map { ContactReport($0, .unknown("not asked")) }
        guard !common.json else {
            print(ContactReport.ownJSON(book.own, identity.key))
            return reports.forEach { print($0.json) }
        }
        print(ContactReport.ownSentence(book.own, identity.key))
        print(reports.isEmpty ? "You have no contacts yet. “ra-connect contacts add” adds one." : ContactReport.table(reports))
    }
}

/// `ra-connect contacts remove`: they are strangers again.
struct ContactsRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Forget a contact: they are a stranger again.",
        discussion: "They are not told, and keep you as a contact of theirs; you are not there for them any more.")

    @OptionGroup var common: CommonOptions
    @Argument(help: ArgumentHelp("Whom: the address, or the name alone where no other contact is called so.", valueName: "NAME@RELAY"))
    var contact: String

    func run() throws {
        let gone = try Contacts.orEnd {
            try ContactBookFile().change { book in
                let contact = try book.contact(named: contact)
                book.remove(contact.address)
                return contact
            }
        }
        print(common.json ? ContactReport(gone, .unknown("removed")).json : "\(gone.address) is none of your contacts any more.")
    }
}

/// `ra-connect contacts block`: they see nobody here, and are not told.
struct ContactsBlock: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "block", abstract: "Be there for everybody but this contact, who is not told.",
        discussion: "Somebody who is none of your contacts, and is blocked, cannot ask to become one.")

    @OptionGroup var common: CommonOptions
    @Argument(help: ArgumentHelp("Whom.", valueName: "NAME@RELAY"))
    var contact: String

    func run() throws {
        let address = try Contacts.orEnd {
            try ContactBookFile().change { book in
                let address = try ContactsBlock.address(contact, in: book)
                book.block(address)
                return address
            }
        }
        if !common.json { print("\(address) is blocked, and is not told.") }
    }

    /// A contact's, or a stranger's that is written out.
    static func address(_ text: String, in book: ContactBook) throws -> PersonAddress {
        do { return try book.contact(named: text).address } catch {
            guard case .unknown = error, let address = PersonAddress(text) else { throw error }
            return address
        }
    }
}

/// `ra-connect contacts unblock`.
struct ContactsUnblock: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "unblock", abstract: "Be there for a blocked contact again.")

    @OptionGroup var common: CommonOptions
    @Argument(help: ArgumentHelp("Whom.", valueName: "NAME@RELAY"))
    var contact: String

    func run() throws {
        let address = try Contacts.orEnd {
            try ContactBookFile().change { book in
                let address = try ContactsBlock.address(contact, in: book)
                book.unblock(address)
                return address
            }
        }
        if !common.json { print("\(address) is not blocked any more.") }
    }
}

/// `ra-connect contacts offers`: what a contact may offer, where the policy lets them.
struct ContactsOffers: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "offers", abstract: "Say what a contact may offer you: nothing, to see your screen, or to control it as well.",
        discussion: "The policy of this computer decides first, and you are asked each time.")

    @OptionGroup var common: CommonOptions
    @Argument(help: ArgumentHelp("Whom.", valueName: "NAME@RELAY"))
    var contact: String
    @Argument(help: ArgumentHelp("What: none, view or control.", valueName: "WHAT"))
    var offers: Contact.Offers

    func run() throws {
        let changed = try Contacts.orEnd {
            try ContactBookFile().change { book in
                let contact = try book.contact(named: contact)
                book.change(contact.address) { $0.offers = offers }
                return try book.contact(named: "\(contact.address)")
            }
        }
        if common.json { return print(ContactReport(changed, .unknown("not asked")).json) }
        switch offers {
        case .none: print("\(changed.address) can offer you nothing, and is not told.")
        case .view: print("\(changed.address) may offer to see your screen, where the policy allows offers.")
        case .control: print("\(changed.address) may offer to see your screen and to control it, where the policy allows offers.")
        }
    }
}

extension Contact.Offers: ExpressibleByArgument {}
