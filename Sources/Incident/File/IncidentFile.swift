/// A Windows invitation to Remote Assistance: a `.MsRcIncident` file ([MS-RAI] section 6, Appendix A).
///
/// A file of the first type (Windows XP, Server 2003) has a connection string 1; one of the second type (Windows Vista and
/// later) has a connection string 2 as well, under the invitation's password.
public struct IncidentFile: Sendable, Hashable {
    /// The most a file may have, in bytes: a real one has less than 4 KB, twice that in UTF-16.
    public static let maximumSize = 64 * 1024

    /// USERNAME: who asks, in their own words.
    public var userName: String?
    /// RCTICKET: where the computer is, for everybody to read.
    public var connectionString1: ConnectionString1?
    /// LHTICKET: where the computer is, for who has the password.
    public var sealedTicket: SealedTicket?
    /// PassStub: what the password is proved with.
    public var passStub: PassStub?
    /// RCTICKETENCRYPTED: whether the invitation has a password.
    public var isEncrypted: Bool
    /// DtStart: when it was made, in seconds since 1970 by the clock of the computer that made it.
    public var created: UInt64?
    /// DtLength: how long it is good, in minutes.
    public var minutes: UInt64?

    /// Which Windows made it.
    public enum Kind: String, Sendable, Hashable { case windowsXP = "windows-xp", windowsVista = "windows-vista" }

    public var kind: Kind { sealedTicket == nil ? .windowsXP : .windowsVista }

    /// Until when it is good, in seconds since 1970; nil when it does not say, or not sensibly.
    public var expires: UInt64? {
        guard let created, let minutes else { return nil }
        let (seconds, tooLong) = minutes.multipliedReportingOverflow(by: 60)
        let (end, tooLate) = created.addingReportingOverflow(seconds)
        return tooLong || tooLate ? nil : end
    }

    public var needsPassword: Bool { isEncrypted || sealedTicket != nil }

    /// The contents once more, in UTF-8 and in the order of attributes that Windows writes, for a program that reads neither UTF-16
    /// nor another order.
    ///
    /// A list of one address gets the same one again: FreeRDP 2.11 refuses a file with one alone.
    public var canonicalContents: String {
        var ticket = connectionString1
        if let only = ticket?.addresses, only.count == 1 { ticket?.addresses += only }
        let fields: [(String, String?)] = [
            ("USERNAME", userName), ("LHTICKET", sealedTicket?.hexadecimal), ("RCTICKET", ticket?.description),
            ("RCTICKETENCRYPTED", isEncrypted ? "1" : "0"), ("DtStart", created.map(String.init)),
            ("DtLength", minutes.map(String.init)), ("PassStub", passStub?.text), ("L", "0"),
        ]
        let attributes = fields.compactMap { name, value in value.map { "\(name)=\"\(XMLText.escaped($0))\"" } }
        return "<?xml version=\"1.0\"?>\n<UPLOADINFO TYPE=\"Escalated\"><UPLOADDATA \(attributes.joined(separator: " "))/></UPLOADINFO>\n"
    }
}
