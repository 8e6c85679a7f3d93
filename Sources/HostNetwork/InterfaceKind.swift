import Foundation

/// What lies behind a network interface, as far as the system tells.
public enum InterfaceKind: Hashable, Sendable {
    /// A network card, or what is built on one: a bond, a VLAN, a bridge that a card is in. And what is not known.
    case network
    /// A tunnel: WireGuard, tun and tap, PPP, IP in IP. What goes in there is packed once more, and may take a detour.
    case tunnel
    /// A bridge to nothing but this computer's own containers and virtual machines, as Docker and libvirt make them.
    case inner

    /// - Parameter folder: the kernel's description of all interfaces (Documentation/ABI/testing/sysfs-class-net).
    public init(of name: String, in folder: String = "/sys/class/net") {
        let own = "\(folder)/\(name)"
        func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
        func contents(_ path: String) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
        /// A card of its own, or one below it.
        func isBuiltOnCard(_ path: String) -> Bool {
            has("\(path)/device") || contents(path).contains { $0.hasPrefix("lower_") }
        }
        let type = (try? String(contentsOfFile: "\(own)/type", encoding: .utf8)).flatMap {
            Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        if has("\(own)/tun_flags") || type.map(Self.tunnelTypes.contains) ?? false {
            self = .tunnel
        } else if has("\(own)/bridge"), !contents("\(own)/brif").contains(where: { isBuiltOnCard("\(folder)/\($0)") }) {
            self = .inner
        } else {
            self = .network
        }
    }

    /// ARPHRD_PPP, _TUNNEL, _TUNNEL6, _SIT, _IPGRE, _IP6GRE, and _NONE, which tun and WireGuard have (linux/if_arp.h).
    private static let tunnelTypes: Set<Int> = [512, 768, 769, 776, 778, 823, 65534]
}
