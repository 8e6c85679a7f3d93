/// A Remote Assistance Connection String 2 ([MS-RAI] section 2.2.2): XML, `<E><A KH ID/><C><T ID SID><L P N/>…</T></C></E>`.
public struct ConnectionString2: Sendable, Hashable {
    /// L: the port P and the name N, in the order in which the computer prefers them.
    public var addresses: [MachineAddress]
    /// A, ID: which of its invitations the computer is asked about.
    public let authorizationID: String
    /// A, KH: base64 of the SHA-1 of the server's public key.
    public let keyHash: String
    /// A, KH2: the same with a hash that it names; a later Windows writes it.
    public let keyHash2: String?
    /// T, ID and SID: the transport and the session, which Windows always numbers the same.
    private let transport: Transport

    public init(_ text: String) throws(IncidentError) {
        let damage = IncidentError.malformed("LHTICKET")
        guard text.utf8.count <= IncidentFile.maximumSize, XMLText.isPlain(text), let elements = XMLElements(parsing: text)?.list,
            elements.first?.name == "E", let author = elements.first(where: { $0.name == "A" })?.attributes,
            let identifier = author["ID"], let hash = author["KH"]
        else { throw damage }
        let places = elements.filter { $0.name == "L" }
        guard places.count <= MachineAddress.maximumCount else { throw damage }
        var addresses: [MachineAddress] = []
        for place in places {
            guard let port = place.attributes["P"], let name = place.attributes["N"],
                let address = MachineAddress(host: name, port: port)
            else { throw damage }
            addresses.append(address)
        }
        self.addresses = addresses
        authorizationID = identifier
        keyHash = hash
        keyHash2 = author["KH2"]
        let attributes = elements.first { $0.name == "T" }?.attributes
        transport = Transport(id: attributes?["ID"] ?? "1", session: attributes?["SID"] ?? "0")
    }

    private struct Transport: Sendable, Hashable {
        let id: String
        let session: String
    }
}

extension ConnectionString2: CustomStringConvertible {
    /// The XML once more, in the order of attributes that Windows writes.
    public var description: String {
        func element(_ name: String, _ attributes: [(String, String?)]) -> String {
            "<\(name)" + attributes.compactMap { name, value in value.map { " \(name)=\"\(XMLText.escaped($0))\"" } }.joined()
        }
        let author = element("A", [("KH", keyHash), ("KH2", keyHash2), ("ID", authorizationID)]) + "/>"
        let places = addresses.map { element("L", [("P", "\($0.port)"), ("N", $0.host)]) + "/>" }.joined()
        return "<E>\(author)<C>" + element("T", [("ID", transport.id), ("SID", transport.session)]) + ">\(places)</T></C></E>"
    }
}
