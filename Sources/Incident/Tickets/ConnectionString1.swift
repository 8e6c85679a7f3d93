/// A Remote Assistance Connection String 1 ([MS-RAI] section 2.2.1): eight fields between commas.
public struct ConnectionString1: Sendable, Hashable {
    public var addresses: [MachineAddress]
    /// RASessionID: which of its invitations the computer is asked about.
    public let sessionID: String
    /// protocolSpecificParms: base64 of the SHA-1 of the server's public key.
    public let keyHash: String

    public init(_ text: String) throws(IncidentError) {
        // A line that was broken somewhere on its way is no part of a field.
        let fields = text.filter { !$0.isWhitespace }.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 8, fields[0] == Self.version, fields[1] == Self.protocolType else { throw .malformed("RCTICKET") }
        let places = fields[2].split(separator: ";")
        guard places.count <= MachineAddress.maximumCount else { throw .malformed("RCTICKET") }
        addresses = []
        for place in places {
            guard let colon = place.lastIndex(of: ":"),
                let address = MachineAddress(host: place[..<colon], port: place[place.index(after: colon)...])
            else { throw .malformed("RCTICKET") }
            addresses.append(address)
        }
        sessionID = String(fields[4])
        keyHash = String(fields[7])
    }

    /// ProtocolVersion and protocolType, which have no other values.
    private static let version = "65538", protocolType = "1"
}

extension ConnectionString1: CustomStringConvertible {
    /// The fields as they were. Account, session name and session password are always a star.
    public var description: String {
        let list = addresses.map { "\($0.host):\($0.port)" }.joined(separator: ";")
        return [Self.version, Self.protocolType, list, "*", sessionID, "*", "*", keyHash].joined(separator: ",")
    }
}
