import ArgumentParser
import ConnectService
import Foundation
import Glibc
import Mail
import Policy
import ProgramSupport
import Rendezvous
import Session

/// `ra-connect share`: invite somebody to see this screen.
struct Share: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Get help: invite somebody to see your screen.",
        discussion: "While it runs, type: yes, no, pause, resume, revoke control|clipboard|file, say TEXT, copy TEXT, send FILE, stop.")

    @OptionGroup var common: CommonOptions

    @Option(
        help: ArgumentHelp(
            "Ring at this contact, in place of a code: whoever runs “ra-connect listen” there says yes or no. Can be given several times; the first to come helps.",
            valueName: "NAME@RELAY"))
    var to: [String] = []

    @Option(help: ArgumentHelp("What those whom you ring read with it.", valueName: "TEXT"))
    var message: String?

    @Option(help: ArgumentHelp("Save the invitation to this file as well.", valueName: "OUT.rainvite"))
    var file: String?

    @Flag(help: "Ask for a password, without which nobody can use that file. Tell it to your helper by another way than the file.")
    var password = false

    @Option(help: ArgumentHelp("The same, with the password in the first line of a file that you alone can read.", valueName: "FILE"))
    var passwordFile: String?

    @Option(help: ArgumentHelp("Mail the invitation to this address.", valueName: "ADDRESS"))
    var mail: String?

    @Option(help: ArgumentHelp("The language of the message: en or fr (default: yours, else English).", valueName: "LANGUAGE"))
    var language: MailLanguage?

    @Option(
        help: ArgumentHelp("How long the invitation is good: 10m, 1h, 2d (default: 1h, or less where a policy says so).", valueName: "TIME"),
        transform: timeArgument)
    var expires: Duration?

    @Flag(help: "The helper can never be given control.")
    var viewOnly = false

    @Option(help: "What the helper reads as your name (default: your account's).")
    var name: String?

    @Option(help: ArgumentHelp("The display to share (default: $DISPLAY).", valueName: ":0"))
    var display: String?

    @Option(help: ArgumentHelp("Where to keep files that the other side sends (default: your download folder).", valueName: "DIR"))
    var downloads: String?

    @Option(
        defaultAsFlag: DoorArgument(""),
        help: ArgumentHelp(
            "Listen on TCP as well, have the router map that port, and let the helper in there, for networks where UDP does not get through.",
            valueName: "PORT"),
        transform: DoorArgument.init)
    var door: DoorArgument?

    @Option(
        help: ArgumentHelp(
            "Let the helper ask for connections from this computer to that place, which you are asked about then. Can be given several times.",
            valueName: "HOST:PORT"))
    var tcp: [DestinationArgument] = []

    func validate() throws {
        _ = try door?.port
        guard tcp.count <= SideRules.maximumDestinations else {
            throw ValidationError("Name \(SideRules.maximumDestinations) places with --tcp at most.")
        }
        guard to.isEmpty || file == nil && mail == nil else {
            throw ValidationError("Give --to, or --file and --mail: whom you ring needs neither.")
        }
        guard to.count <= ShareFlow.Recipients.limit else { throw ValidationError("Ring \(ShareFlow.Recipients.limit) contacts with --to at most.") }
        guard message == nil || !to.isEmpty else { throw ValidationError("A message goes with --to.") }
        guard !password || passwordFile == nil else { throw ValidationError("Give --password or --password-file, not both.") }
        guard file != nil || mail != nil || !(password || passwordFile != nil) else {
            throw ValidationError("A password is for an invitation's file: give --file or --mail as well. The code needs none.")
        }
    }

    func run() async throws {
        common.beginLog()
        guard common.json || fcntl(STDIN_FILENO, F_GETFD) != -1 else {
            throw ValidationError("Nobody can answer here: run this in a terminal, or use --json and standard input.")
        }
        let recipients = try recipients()
        let relay = try common.relay == nil ? recipients?.own.relay ?? common.relayURL() : common.relayURL()
        let printer = EventPrinter(asJSON: common.json, role: .sharer)
        let wish = InvitationWish(relay: relay, lifetime: expires, ceiling: viewOnly ? .view : .control)
        let lent = tcp.map(\.destination)
        let (permit, policy) = try common.permitted(printer) { policy throws(PolicyRefusal) in
            try policy.permitLending(lent.map(\.description))
            // To ring somebody is to be at their relay.
            for contact in recipients?.contacts ?? [] { try policy.permitMeeting(at: contact.address.relay) }
            return (try policy.permit(wish), policy)
        }
        for note in permit.notes { printer.tell(note) }
        var options = ShareFlow.Options(
            relay: relay, proxy: try common.proxyRule(), name: displayName(name),
            lifetime: Int(permit.lifetime.components.seconds), ceiling: permit.ceiling, display: display, file: file)
        options.notice = ConsentNotice(
            warningBeforeView: policy.warningBeforeView, warningBeforeControl: policy.warningBeforeControl)
        if let recipients {
            options.recipients = recipients
            options.notice.verified = .contact
        } else {
            options.newContact = OwnAddress.newContact(at: relay, proxy: options.proxy, under: policy)
        }
        options.downloads = downloads
        options.rules = SideRules(policy, lending: lent)
        options.isLogged = policy.logsSessions ?? true
        options.password = try NewPassword.read(isAsked: password, file: passwordFile)
        let engine = ConnectEngine()
        options.mail = try delivery()
        let flow = ShareFlow(options, printer: printer, loop: engine.loop, pool: engine.pool)
        if let door = try door?.port {
            do { try await flow.openDoor(at: door) } catch let error as DoorError { throw ValidationError(error.description) }
        }
        engine.watch(line: { await flow.perform(line: $0) }, stop: { await flow.stop() })
        let code = await flow.run()
        await engine.shutDown()
        printer.flush()
        throw ArgumentParser.ExitCode(code.rawValue)
    }

    /// Who is rung; nil where the invitation is for whoever is given it.
    private func recipients() throws -> ShareFlow.Recipients? {
        guard !to.isEmpty else { return nil }
        let (identity, book) = try Contacts.orEnd { (try IdentityFile().loadOrMake(), try ContactBookFile().read()) }
        var contacts: [Contact] = []
        for text in to {
            let contact = try Contacts.orEnd { try book.contact(named: text) }
            if !contacts.contains(contact) { contacts.append(contact) }
        }
        return ShareFlow.Recipients(
            own: try OwnAddress.find(name: nil, common, asks: false), identity: identity, contacts: contacts, message: message)
    }

    /// How the invitation is mailed; nil when it is not.
    private func delivery() throws -> MailDelivery? {
        guard let mail else { return nil }
        guard let address = MailAddress(mail) else {
            throw ValidationError("“\(mail)” is no e-mail address. Write it like ann@example.org.")
        }
        do {
            return try MailDelivery(to: address, language: language, configuration: ClientConfiguration.load(common.config).mail)
        } catch {
            throw ValidationError("\(error)")
        }
    }
}

/// What stands behind `--door`; empty when nothing does. It is judged after all arguments are read: what a parser refuses may as
/// well be an argument of its own.
struct DoorArgument: CustomStringConvertible {
    private let text: String

    init(_ text: String) { self.text = text }

    var port: DoorPort {
        get throws {
            if text.isEmpty { return .usual }
            guard let port = DoorPort(text) else {
                throw ValidationError("“\(text)” is no port for a door: that is 443, or one from 1024 to 65535.")
            }
            return port
        }
    }

    var description: String { text.isEmpty ? "3389" : text }
}
