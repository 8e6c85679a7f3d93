import Rendezvous

/// Invitations as people paste them: a code, a link, a file, and a relay's address. No password: Argon2id takes its time.
func fuzz(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    do throws(InvitationError) {
        let invitation = try Invitation.parse(text)
        check(invitation)
    } catch {
        expect(!error.description.isEmpty, "nothing is said about it")
    }
    if let code = try? InvitationCode(parsing: text) {
        expect((try? InvitationCode(parsing: code.exposedText)) == code, "another code than \(code)")
    }
    if let link = try? InvitationLink(parsing: text) {
        expect((try? InvitationLink(parsing: link.exposedText)) == link, "another link than \(link)")
    }
    if let file = try? InvitationFile(parsing: bytes) {
        expect((try? InvitationFile(parsing: file.exposedContents)) == file, "another file than \(text)")
    }
    if let url = RelayURL(asWritten: text) {
        expect(RelayURL(url.description) == url, "another address than \(url)")
    }
    if let time = UnixTime(text) { expect(UnixTime(time.description) == time, "another time than \(time)") }
}

/// An invitation that came from a link or a file can be handed on as either.
private func check(_ invitation: Invitation) {
    guard invitation.key.kind == .link, let relay = invitation.relay else { return }
    let link = InvitationLink(relay: relay, lookup: invitation.lookup, key: invitation.key)
    expect((try? InvitationLink(parsing: link.exposedText)) == link, "another link than \(link)")
}
