import Glibc
public import NetPrimitives

/// Why a data plane does not start.
public enum DataPlaneError: Error, Hashable, Sendable {
    /// A required listener's address could not be opened.
    case cannotListen(TransportAddress, SystemError)
    /// The system has no epoll, event or thread for us.
    case system(String, SystemError)
}

extension DataPlaneError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotListen(let address, let error): "cannot listen on UDP \(address): \(error)"
        case .system(let call, let error): "\(call) failed: \(error)"
        }
    }
}

/// An `errno`.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    public let code: Int32

    public init(code: Int32) { self.code = code }

    static var current: SystemError { SystemError(code: errno) }

    public var description: String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }
}
