import Incident

/// Invitations of Windows as they come by mail: the file, and each kind of ticket on its own.
func fuzz(_ bytes: [UInt8]) {
    if let file = try? IncidentFile(parsing: bytes) {
        expect(IncidentFile.looksLike(bytes), "a file that does not look like one")
        let again = try? IncidentFile(parsing: Array(file.canonicalContents.utf8))
        expect(again?.passStub == file.passStub && again?.sealedTicket == file.sealedTicket, "another file after it was written")
        expect(again?.expires == file.expires, "another expiry after it was written")
        _ = try? file.sealedTicket?.open(password: "a")
        _ = file.passStub?.proof(password: "a")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    if let ticket = try? ConnectionString1(text) {
        expect((try? ConnectionString1(ticket.description)) == ticket, "another ticket than \(ticket)")
    }
    _ = try? ConnectionString2(text)
    if let ticket = try? SealedTicket(hexadecimal: text) {
        expect((try? SealedTicket(hexadecimal: ticket.hexadecimal)) == ticket, "another sealed ticket")
        _ = try? ticket.open(password: "a")
    }
}

/// Foundation's XMLParser loses 72 bytes for each document that is not well-formed; a program reads one in its life.
@_cdecl("__lsan_default_suppressions")
public func suppressions() -> UnsafePointer<CChar> {
    let text: StaticString = "leak:_CFErrorCreateFromXMLInterface"
    return UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}
