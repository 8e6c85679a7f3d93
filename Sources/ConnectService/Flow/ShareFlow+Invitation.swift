import Foundation
import Rendezvous
import Session

// The invitation's life: shown, written, mailed, and made anew when it is void.
extension ShareFlow {
    func announce(_ invitation: OwnedInvitation) {
        var saved: String?
        if let path = options.file {
            do {
                let file = invitation.file(relay: options.relay, from: options.name, message: nil)
                try InvitationPaper.save(file, to: path)
                saved = path
            } catch {
                return finish(.error, "The invitation cannot be written to \(path): \(error)")
            }
        }
        printer.print(
            .invitation(
                code: invitation.code.exposedText, link: link(invitation),
                file: saved, expires: Date(timeIntervalSince1970: TimeInterval(invitation.expires.seconds))))
    }

    func link(_ invitation: OwnedInvitation) -> String? {
        invitation.link(relay: options.relay.isSecure ? options.relay : web ?? options.relay)?.exposedText
    }

    func post(_ invitation: OwnedInvitation, by mail: MailDelivery) {
        guard sentMessages < Self.maximumMessages else {
            return printer.note("The new invitation is not mailed: \(sentMessages) messages were sent already. Read the code to your helper.")
        }
        sentMessages += 1
        let letter = MailDelivery.Letter(
            name: options.name, link: link(invitation),
            attachment: invitation.file(relay: options.relay, from: options.name, message: nil).exposedContents,
            expires: Date(timeIntervalSince1970: TimeInterval(invitation.expires.seconds)), isViewOnly: options.ceiling == .view)
        Task {
            do {
                let (sentence, attachment) = try await mail.send(letter)
                if let attachment { attachments.append(attachment) }
                printer.note(sentence)
            } catch {
                let sentence = "The invitation was not mailed. \(error)"
                // Who has come by the code that was read aloud needs no message.
                meeting == nil ? finish(.error, sentence) : printer.note(sentence)
            }
        }
    }

    func invitationEnded(_ end: SharerClient.InvitationEnd) {
        guard meeting == nil else { return }  // used: by the helper who is here
        switch end {
        case .burnt:
            client.createInvitation(InvitationTerms(lifetime: options.lifetime, uses: 1, ceiling: options.ceiling))
        case .expired: finish(.invitationExpired, "")
        case .revoked: finish(.invitationRevoked, "")
        case .used: finish(.invitationUsed, "")
        case .lost: finish(.relayLost, "The relay no longer knows the invitation.")
        }
    }
}
