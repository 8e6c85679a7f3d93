import ArgumentParser
import ConnectService
import Foundation
import Rendezvous
import Session

/// `ra-connect show`: what an invitation holds, before it is used.
struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what an invitation holds, without using it.",
        discussion: "An invitation of Windows Remote Assistance (.MsRcIncident) is read as well.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The code, the link or the file that you were given.", valueName: "CODE|LINK|FILE"))
    var invitation: String

    func run() throws {
        if let incident = try IncidentArgument.read(invitation) {
            let description = IncidentDescription(incident, ticket: try IncidentArgument.open(incident, isNeeded: false)?.ticket)
            return print(common.json ? try description.json() : description.sentences)
        }
        let description: InvitationDescription
        if let file = InvitationArgument.sealedFile(invitation) {
            description = InvitationDescription(file)
        } else {
            description = InvitationDescription(try InvitationArgument.read(invitation), fallbackRelay: try? common.relayURL())
        }
        print(common.json ? try description.json() : description.sentences)
    }
}

/// An invitation without its secret, as JSON and as sentences.
struct InvitationDescription: Encodable {
    var relay: String?
    var lookup: String
    var from: String?
    var expires: String?
    var ceiling: String?
    var message: String?
    /// Whether it has a password; nobody is asked for it here.
    var sealed = false

    /// What stands outside of what the password seals.
    init(_ file: InvitationFile) {
        relay = file.relay.description
        lookup = file.lookup.text
        from = file.from
        expires = file.expires.description
        ceiling = file.ceiling.rawValue
        message = file.message
        sealed = true
    }

    init(_ invitation: Invitation, fallbackRelay: RelayURL?) {
        relay = (invitation.relay ?? fallbackRelay)?.description
        lookup = invitation.lookup.text
        from = invitation.from
        expires = invitation.expires?.description
        ceiling = invitation.ceiling?.rawValue
        message = invitation.message
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    var sentences: String {
        var lines: [String] = []
        lines.append(from.map { "\($0) asks for help. (Nobody has checked that name.)" } ?? "Somebody asks for help; this invitation does not say who.")
        lines.append(relay.map { "You would meet at \($0)." } ?? "It does not say which relay: give --relay URL.")
        lines.append(
            expires.map { "It is good until \(UnixTime($0)?.date.localText() ?? $0)." } ?? "It does not say until when it is good.")
        switch ceiling {
        case "view": lines.append("You could see the screen, and never be given control.")
        case "control": lines.append("You could see the screen after a yes, and be given control after a second one.")
        default: lines.append("What you may do, the other side decides.")
        }
        if sealed { lines.append("It has a password: “ra-connect join” will ask for it. Whoever sent this knows it.") }
        if let message { lines.append("They write: \(message)") }
        lines.append("Whether it is still good, only joining tells.")
        return lines.joined(separator: "\n")
    }
}
