/// The transport that a candidate speaks. Only UDP is paired today; TCP is RFC 6544's.
public enum CandidateTransport: String, Hashable, Sendable, CaseIterable {
    case udp
    case tcp
}
