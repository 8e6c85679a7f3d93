public import STUN

// RFC 8656 §19: the error codes that TURN adds to STUN's.
extension ErrorCode {
    public static let forbidden = ErrorCode(403, "Forbidden")
    /// RFC 8016 §3.4.
    public static let mobilityForbidden = ErrorCode(405, "Mobility Forbidden")
    public static let allocationMismatch = ErrorCode(437, "Allocation Mismatch")
    public static let addressFamilyNotSupported = ErrorCode(440, "Address Family not Supported")
    public static let wrongCredentials = ErrorCode(441, "Wrong Credentials")
    public static let unsupportedTransportProtocol = ErrorCode(442, "Unsupported Transport Protocol")
    public static let peerAddressFamilyMismatch = ErrorCode(443, "Peer Address Family Mismatch")
    public static let allocationQuotaReached = ErrorCode(486, "Allocation Quota Reached")
    public static let insufficientCapacity = ErrorCode(508, "Insufficient Capacity")
}
