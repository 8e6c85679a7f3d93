import Foundation
import Logging
import Rendezvous
import Session

// The invitation's life: shown, written, mailed, and made anew when it is void.
extension ShareFlow {
    /// Shows a new invitation, or one that has another end now, and writes it down for its owner's other terminals.
    func show(_ invitation: OwnedInvitation, isNew: Bool) {
        keep(invitation)
        if let recipients = options.recipients {
            if isNew { ring(invitation, for: recipients) }
            return
        }
        let file = invitation.file(relay: options.relay, from: options.name, message: nil)
        guard let password = options.password else { return show(invitation, as: file, isNew: isNew) }
        Task {
            do {
                // Argon2id takes about a second, on purpose: not on the loop.
                let sealed = try await Task.detached {
                    var random = SystemRandomNumberGenerator()
                    return try file.sealed(password: password, using: &random)
                }.value
                // Of an end that has changed meanwhile another call tells; the code is told by this one.
                guard !isOver, client.invitation?.lookup == invitation.lookup, isNew || client.invitation == invitation
                else { return }
                show(invitation, as: sealed, isNew: isNew)
            } catch {
                finish(.error, "The invitation cannot be put under its password: \(error)")
            }
        }
    }

    private func show(_ invitation: OwnedInvitation, as file: InvitationFile, isNew: Bool) {
        // A file that was moved or deleted since was so on purpose.
        if let path = options.file, isNew || FileManager.default.fileExists(atPath: path) {
            do { try InvitationPaper.save(file, to: path) } catch {
                guard !isNew else { return finish(.error, "The invitation cannot be written to \(path): \(error)") }
                printer.note("The file \(path) still says when the invitation would have ended: \(error)")
            }
        }
        let line = SessionEventLine.invitation(
            code: invitation.code.exposedText, link: link(invitation), file: options.file, expires: invitation.expires.date)
        if isNew {
            printer.print(line)
            options.mail.map { post(invitation, as: file, by: $0) }
        } else {
            printer.printForPrograms(line)
            printer.note("The invitation has another end now: it is good until \(invitation.expires.date.localText()).")
        }
    }

    /// Writes the invitation down for `ra-connect invitations`, in place of what was written of it before.
    private func keep(_ invitation: OwnedInvitation) {
        let before = records.firstIndex { $0.record.ownership.lookup == invitation.lookup }
        let made = before.map { records[$0].record.made } ?? .now()
        do {
            records.append(try InvitationRecords().hold(InvitationRecord(invitation, at: options.relay, made: made)))
            if let before { records.remove(at: before).remove() }
            // Codes that strangers make void again and again fill no folder.
            if records.count > Self.maximumRecords { records.removeFirst().remove() }
        } catch {
            ClientLog.relay.notice("the invitation is not written down", metadata: ["why": "\(error)"])
            printer.note("“ra-connect invitations” will not know of this invitation: \(error.localizedDescription)")
        }
    }

    func forgetInvitations() {
        for record in records { record.remove() }
        records.removeAll()
    }

    func link(_ invitation: OwnedInvitation) -> String? {
        invitation.link(relay: options.relay.isSecure ? options.relay : web ?? options.relay)?.exposedText
    }

    private func post(_ invitation: OwnedInvitation, as file: InvitationFile, by mail: MailDelivery) {
        guard sentMessages < Self.maximumMessages else {
            return printer.note("The new invitation is not mailed: \(sentMessages) messages were sent already. Read the code to your helper.")
        }
        sentMessages += 1
        let letter = MailDelivery.Letter(
            // A link beside a file that has a password would be a way around it.
            name: options.name, link: file.isSealed ? nil : link(invitation), attachment: file.exposedContents,
            expires: invitation.expires.date, isViewOnly: options.ceiling == .view, hasPassword: file.isSealed)
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
