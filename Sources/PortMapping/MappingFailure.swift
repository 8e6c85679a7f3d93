/// Why a router opened no port, or no longer keeps it open.
public enum MappingFailure: Error, Hashable, Sendable {
    /// Nobody on this network answers to this method.
    case noRouter
    /// Port mapping exists for IPv4 alone here: IPv6 has no NAT.
    case notIPv4
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

extension MappingFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noRouter: "no router answered"
        case .notIPv4: "ports are mapped for IPv4 addresses alone"
        case .notAuthorized: "the router refuses it: switch on UPnP or NAT-PMP in its settings"
        case .noExternalAddress: "the router says that it has no public address itself: it is offline or behind another router"
        case .everyPortTaken: "every port that was tried is mapped to another computer"
        case .outOfResources: "the router has no room for another mapping"
        case .implausible(let why): "the router's answer cannot be true: \(why)"
        case .refused(let code, let reason): "the router refused it: \(reason) (\(code))"
        }
    }
}
