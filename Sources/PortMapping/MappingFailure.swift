/// Why a router opened no port, or no longer keeps it open.
public enum MappingFailure: Error, Hashable, Sendable {
    /// Nobody on this network answers to this method.
    case noRouter
    /// The method knows IPv4 alone.
    case notIPv4
    /// The router sees another address of ours than we have: a NAT stands between.
    case addressMismatch
    /// The router says that the port is open, and nobody comes in by it.
    case unreachable
    /// The router's owner has switched it off, or it refuses this computer.
    case notAuthorized
    /// The router itself has no address on the internet.
    case noExternalAddress
    /// Every port that was tried belongs to somebody else.
    case everyPortTaken
    /// The router has no room for another mapping.
    case outOfResources
    /// The router's answer cannot be true; the text says why.
    case implausible(String)
    /// Any other refusal, with the protocol's number and name for it.
    case refused(code: Int, reason: String)
}

extension MappingFailure {
    /// Whether the router is there, speaks the method, and opens no port.
    package var isRefusal: Bool {
        switch self {
        case .notAuthorized, .everyPortTaken, .outOfResources, .refused: true
        case .noRouter, .notIPv4, .addressMismatch, .unreachable, .noExternalAddress, .implausible: false
        }
    }
}

extension MappingFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noRouter: "no router answered"
        case .notIPv4: "it maps ports for IPv4 addresses alone"
        case .addressMismatch: "another router stands between this computer and the one that answered"
        case .unreachable: "the router says that the port is open, but nobody gets in by it"
        case .notAuthorized: "the router refuses it: switch on UPnP, NAT-PMP or PCP in its settings"
        case .noExternalAddress: "the router says that it has no public address itself: it is offline or behind another router"
        case .everyPortTaken: "every port that was tried is mapped to another computer"
        case .outOfResources: "the router has no room for another mapping"
        case .implausible(let why): "the router's answer cannot be true: \(why)"
        case .refused(let code, let reason): "the router refused it: \(reason) (\(code))"
        }
    }
}
