public import NetPrimitives
public import STUN
import TURN

/// The methods that requests are counted by (RFC 8489 §18.2, RFC 8656 §17, RFC 6062 §6.1).
public enum CountedMethod: Int, TallyLabel {
    case binding, allocate, refresh, createPermission, channelBind, connect, connectionBind, other

    public init(_ method: Method) {
        self =
            switch method {
            case .binding: .binding
            case .allocate: .allocate
            case .refresh: .refresh
            case .createPermission: .createPermission
            case .channelBind: .channelBind
            case .connect: .connect
            case .connectionBind: .connectionBind
            default: .other
            }
    }
}

/// The error codes that refusals are counted by (RFC 8489 §14.8, RFC 8656 §19, RFC 6062 §6.3); nil: any other.
public struct CountedErrorCode: Hashable, Sendable {
    private static let known: Set<Int> = [
        300, 400, 401, 403, 405, 420, 437, 438, 440, 441, 442, 443, 446, 447, 486, 500, 508,
    ]

    public let code: Int?

    public init(_ code: Int) { self.code = Self.known.contains(code) ? code : nil }

    public var label: String { code.map(String.init) ?? "other" }
}
