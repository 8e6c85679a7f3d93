extension IncidentFile {
    /// Reads a file as Windows writes it, in UTF-16 or UTF-8.
    public init(parsing contents: [UInt8]) throws(IncidentError) {
        guard contents.count <= Self.maximumSize, let text = XMLText.decode(contents) else { throw .notAnInvitation }
        guard let elements = XMLElements(parsing: text), elements.list.first?.name == "UPLOADINFO",
            let data = elements.list.first(where: { $0.name == "UPLOADDATA" })?.attributes
        else { throw .notAnInvitation }

        userName = data["USERNAME"].flatMap { $0.isEmpty ? nil : $0 }
        isEncrypted = data["RCTICKETENCRYPTED"] == "1"
        created = try Self.number(data, "DtStart")
        minutes = try Self.number(data, "DtLength")
        if let text = data["PassStub"], !text.isEmpty { passStub = try PassStub(text) }
        if let text = data["LHTICKET"], !text.isEmpty { sealedTicket = try SealedTicket(hexadecimal: text) }
        if let text = data["RCTICKET"], !text.isEmpty { connectionString1 = try ConnectionString1(text) }
        guard connectionString1 != nil || sealedTicket != nil else { throw .malformed("RCTICKET") }
    }

    /// Whether the contents look like such a file: what tells it from the other kinds of invitation.
    public static func looksLike(_ contents: [UInt8]) -> Bool {
        guard contents.count <= maximumSize, let text = XMLText.decode(contents) else { return false }
        return text.contains("<UPLOADINFO")
    }

    private static func number(_ data: [String: String], _ name: String) throws(IncidentError) -> UInt64? {
        guard let text = data[name], !text.isEmpty else { return nil }
        guard text.utf8.count <= 10, let value = UInt64(text) else { throw .malformed(name) }
        return value
    }
}
