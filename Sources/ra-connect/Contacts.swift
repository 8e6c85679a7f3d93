public import ArgumentParser
public import ConnectService
import Foundation
import Policy
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
        subcommands: [ContactsList.self, ContactsAdd.self, ContactsRemove.self, ContactsBlock.self, ContactsUnblock.self, ContactsOffers.self])

    /// What cannot be used, or what is refused, ends the program with a sentence and exit code 1.
    static func orEnd<Result>(_ work: () throws -> Result) throws -> Result {
        do { return try work() } catch { throw fail("\(error)") }
    }

    /// Changes the book, while no other program does.
    static func change<Result>(_ change: (inout ContactBook) throws -> Result) throws -> Result {
        try orEnd { try ContactBookFile().change(change) }
    }

    static func fail(_ sentence: String) -> ArgumentParser.ExitCode {
        FileHandle.standardError.write(Data((sentence + "\n").utf8))
        return .failure
    }
}

/// `ra-connect contacts list`: the own address first, then each contact.
struct ContactsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Tell who you are to others, whom you know, and who is there.",
        discussion: "Whether somebody is there is told to their contacts alone.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        common.beginLog()
        let (book, identity) = try Contacts.orEnd { (try ContactBookFile().read(), try IdentityFile().loadOrMake()) }
        let policy = try common.permitted(EventPrinter(asJSON: common.json, role: .helper)) { $0 }
        let engine = ConnectEngine()
        let desk = ContactDesk(identity: identity, proxy: try common.proxyRule(), loop: engine.loop)
        let reports = await desk.reports(on: book.contacts, under: policy)
        await desk.close()
        await engine.shutDown()
        guard !common.json else {
            print(ContactReport.ownJSON(book.own, identity.key))
            return reports.forEach { print($0.json) }
        }
        print(ContactReport.ownSentence(book.own, identity.key))
        print(reports.isEmpty ? "You have no contacts yet. “ra-connect contacts add” adds one." : ContactReport.table(reports))
        for sentence in Set(reports.compactMap(\.warning)).sorted() { FileHandle.standardError.write(Data((sentence + "\n").utf8)) }
    }
}

/// `ra-connect contacts add`: both sides agree, once.
struct ContactsAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Become contacts: by a code that one of you reads aloud, or by asking somebody at their address.",
        discussion: """
            Without an argument it shows a code, which the other person gives to their “ra-connect contacts add”. Who is asked by their \
            address says yes at their “ra-connect listen”; compare the fingerprints by telephone then.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("Whom to ask, or the code that you were given.", valueName: "NAME@RELAY|CODE"))
    var contact: String?

    @Option(help: "By which name others ring you (default: the one that you have, else your account's).")
    var name: String?

    @Option(help: ArgumentHelp("What they read who are asked by their address.", valueName: "TEXT"))
    var message: String?

    func run() async throws {
        common.beginLog()
        let printer = EventPrinter(asJSON: common.json, role: .helper)
        let own = try OwnAddress.find(name: name, common, asks: true)
        let registered = try Contacts.orEnd { try ContactBookFile().read().own }
        if let name, let registered, registered.name.text != own.name.text {
            throw ValidationError("You are \(registered) already, and not \(name.printable): leave --name out, or get the other name with “ra-connect listen --name \(own.name)” first.")
        }
        let address = contact.flatMap { PersonAddress($0) }
        var code: InvitationCode?
        if let contact, address == nil {
            do { code = try InvitationCode(parsing: contact) } catch {
                throw ValidationError("“\(contact.printable)” is neither an address, such as ann@relay.example.org, nor a code: \(error)")
            }
        }
        let relay = try address?.relay ?? (common.relay == nil ? own.relay : common.relayURL())
        let policy = try common.permitted(printer) { policy throws(PolicyRefusal) in
            try policy.permitMeeting(at: relay)
            // Without a name yet this person gets one there.
            if registered == nil { try policy.permitMeeting(at: own.relay) }
            return policy
        }
        let identity = try Contacts.orEnd { try IdentityFile().loadOrMake() }
        let (engine, proxy) = (ConnectEngine(), try common.proxyRule())
        if let address {
            let flow = RequestFlow(
                to: address, message: message, own: own, proxy: proxy, identity: identity, printer: printer, loop: engine.loop)
            try await engine.run(flow, printer)
        } else {
            let flow = CodeFlow(
                code: code, at: relay, own: own, proxy: proxy, policy: policy, identity: identity, printer: printer, loop: engine.loop)
            try await engine.run(flow, printer)
        }
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
        let gone = try Contacts.change { book in
            let contact = try book.contact(named: contact)
            book.remove(contact.address)
            return contact
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
        let address = try Contacts.change { book in
            let address = try ContactsBlock.address(contact, in: book)
            book.block(address)
            return address
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
        let address = try Contacts.change { book in
            let address = try ContactsBlock.address(contact, in: book)
            book.unblock(address)
            return address
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
        let changed = try Contacts.change { book in
            let contact = try book.contact(named: contact)
            book.change(contact.address) { $0.offers = offers }
            return try book.contact(named: "\(contact.address)")
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
