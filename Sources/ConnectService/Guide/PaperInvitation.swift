import Incident
import Rendezvous
import Session

/// What an invitation's file says to whoever is about to use it.
enum PaperInvitation: Hashable {
    /// Who asks, where the two meet, until when it is good.
    case usable([String])
    case unusable(String)

    init(_ bytes: [UInt8], path: String, in situation: GuideSituation) {
        if path.lowercased().hasSuffix(".msrcincident") || IncidentFile.looksLike(bytes) {
            self.init(old: bytes, in: situation)
            return
        }
        let file: InvitationFile
        do throws(InvitationError) { file = try InvitationFile(parsing: bytes) } catch {
            self = .unusable("\(error)")
            return
        }
        if let refusal = situation.refusal(of: file.relay) {
            self = .unusable(refusal)
            return
        }
        let end = file.expires.date.localText()
        // Whoever made it can have made it longer since: only the relay knows.
        let life = file.expires > situation.now ? "It is good until \(end)." : "It was good until \(end), unless it was made longer since: only joining tells."
        var sentences = [Self.asks(file.from), "You would meet at \(file.relay).", life]
        if file.ceiling == .view { sentences.append("You can see the screen, and never be given control.") }
        if let message = file.message { sentences.append("They write: \(message.printable)") }
        if file.isSealed { sentences.append("It has a password, which they tell you on another way: you are asked for it next.") }
        self = .usable(sentences)
    }

    private init(old bytes: [UInt8], in situation: GuideSituation) {
        if let refusal = situation.refusalOfOldInvitations {
            self = .unusable(refusal)
            return
        }
        let file: IncidentFile
        do { file = try IncidentFile(parsing: bytes) } catch {
            self = .unusable("\(error)")
            return
        }
        let expires = file.expires.map { UnixTime(seconds: $0) }
        if let expires, expires <= situation.now {
            self = .unusable("This invitation was good until \(expires.date.localText()). Ask for a new one.")
            return
        }
        var sentences = [Self.asks(file.userName), "It is an invitation of Windows Remote Assistance, which is handed to FreeRDP."]
        sentences.append(expires.map { "It is good until \($0.date.localText())." } ?? "It does not say until when it is good.")
        if file.needsPassword { sentences.append("It has a password, which they tell you on another way: you are asked for it next.") }
        self = .usable(sentences)
    }

    private static func asks(_ name: String?) -> String {
        name.map { "\($0.printable) asks for help. (Nobody has checked that name.)" } ?? "Somebody asks for help; the file does not say who."
    }
}
