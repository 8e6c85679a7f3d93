/// Why a Windows invitation cannot be used.
public enum IncidentError: Error, Hashable, Sendable {
    /// It is no `.MsRcIncident` file, or larger than such a file is.
    case notAnInvitation
    /// The part of it that is named does not have the form that [MS-RAI] gives.
    case malformed(String)
    /// It was sealed with another password.
    case wrongPassword
}

extension IncidentError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notAnInvitation: "This is no invitation of Windows Remote Assistance (.MsRcIncident)."
        case .malformed(let part): "This invitation of Windows Remote Assistance is damaged: its \(part) cannot be read. Ask for a new one."
        case .wrongPassword: "The password is not the one of this invitation. Windows shows it to the person who asks for help."
        }
    }
}
