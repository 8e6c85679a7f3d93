/// Why a line is no candidate that this agent can use (RFC 8839 §5.1).
public enum CandidateParsingError: Error, Hashable, Sendable {
    /// The line does not begin with `candidate:`.
    case notACandidate
    /// More than `Candidate.maximumLineOctets`.
    case tooLong
    /// A field is missing, or empty.
    case missingField(Field)
    /// A field holds something else than the grammar allows.
    case malformedField(Field)
    /// The address is a name, as mDNS candidates are: nobody resolves it here.
    case addressIsAName
    /// A transport other than UDP and TCP: to be ignored.
    case unknownTransport
    /// A type other than RFC 8839's four: to be ignored.
    case unknownType

    public enum Field: Hashable, Sendable {
        case foundation, component, transport, priority, address, port, type, relatedAddress, relatedPort, tcpType, `extension`
    }
}
