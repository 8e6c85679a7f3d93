/// What a server says of a request (RFC 6887 §7.4).
package struct PCPResultCode: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let success = Self(rawValue: 0)
    /// The server speaks another version alone.
    package static let unsupportedVersion = Self(rawValue: 1)
    package static let notAuthorized = Self(rawValue: 2)
    package static let malformedRequest = Self(rawValue: 3)
    package static let unsupportedOpcode = Self(rawValue: 4)
    package static let unsupportedOption = Self(rawValue: 5)
    package static let malformedOption = Self(rawValue: 6)
    /// The server has no network itself, as after a power cut.
    package static let networkFailure = Self(rawValue: 7)
    package static let noResources = Self(rawValue: 8)
    package static let unsupportedProtocol = Self(rawValue: 9)
    package static let userExceededQuota = Self(rawValue: 10)
    package static let cannotProvideExternal = Self(rawValue: 11)
    /// The request came from another address than it says: a NAT stands between.
    package static let addressMismatch = Self(rawValue: 12)
    package static let excessiveRemotePeers = Self(rawValue: 13)
}

extension PCPResultCode: CustomStringConvertible {
    /// The RFC's word for it.
    package var description: String {
        switch self {
        case .success: "SUCCESS"
        case .unsupportedVersion: "UNSUPP_VERSION"
        case .notAuthorized: "NOT_AUTHORIZED"
        case .malformedRequest: "MALFORMED_REQUEST"
        case .unsupportedOpcode: "UNSUPP_OPCODE"
        case .unsupportedOption: "UNSUPP_OPTION"
        case .malformedOption: "MALFORMED_OPTION"
        case .networkFailure: "NETWORK_FAILURE"
        case .noResources: "NO_RESOURCES"
        case .unsupportedProtocol: "UNSUPP_PROTOCOL"
        case .userExceededQuota: "USER_EX_QUOTA"
        case .cannotProvideExternal: "CANNOT_PROVIDE_EXTERNAL"
        case .addressMismatch: "ADDRESS_MISMATCH"
        case .excessiveRemotePeers: "EXCESSIVE_REMOTE_PEERS"
        default: "result \(rawValue)"
        }
    }
}
