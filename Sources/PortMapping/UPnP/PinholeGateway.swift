import CMiniUPnPc
package import NetPrimitives

/// A router that speaks UPnP IGD 2, asked to let others through its IPv6 firewall to a port of ours
/// (WANIPv6FirewallControl:1). Nothing is translated: the external address is our own. Confined to the thread that uses it.
package final class PinholeGateway: Gateway {
    /// WANIPv6FirewallControl:1 §2.3.5: "a value from 1 to 86400".
    private static let longestLease: Int64 = 86400

    package let method = MappingMethod.upnp
    package var internalAddress: TransportAddress { request.internalAddress }
    package var router: String? { igd?.descriptionURL }
    private let request: MappingRequest
    private let descriptionURL: String?
    private var igd: IGD?
    /// By which the router knows the hole that is open: WANIPv6FirewallControl:1's UniqueID.
    private var hole: UInt16?

    /// - Parameters:
    ///   - hole: The `secret` of an earlier program's hole that is to be closed.
    ///   - descriptionURL: The router's device description when it is known; otherwise it is searched for.
    package init(_ request: MappingRequest, hole: [UInt8]? = nil, descriptionURL: String? = nil) {
        self.request = request
        self.hole = hole.flatMap { $0.count == 2 ? UInt16($0[0]) << 8 | UInt16($0[1]) : nil }
        self.descriptionURL = descriptionURL
    }

    package var secret: [UInt8]? { hole.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } }

    package func find() throws(MappingFailure) {
        igd = lookForDevice()
        guard let (url, type) = igd?.firewall else { throw .noRouter }
        var isOn: Int32 = 0
        var isAllowed: Int32 = 0
        if UPNP_GetFirewallStatus(url, type, &isOn, &isAllowed) == UPNPCOMMAND_SUCCESS, isOn != 0, isAllowed == 0 {
            throw .notAuthorized
        }
    }

    private func lookForDevice() -> IGD? { descriptionURL.map(IGD.at) ?? IGD.search(for: request) }

    package func answer(to ask: Ask) -> Answer {
        igd = igd ?? lookForDevice()
        guard let (url, type) = igd?.firewall else { return .failed(.noRouter) }
        let lifetime = min(ask.lifetime ?? request.lifetime, .seconds(Self.longestLease))
        let seconds = IGD.seconds(lifetime, atMost: Self.longestLease)
        let granted = Answer.granted(Grant(external: internalAddress, lifetime: lifetime))
        if let hole {
            let code = UPNP_UpdatePinhole(url, type, "\(hole)", seconds)
            if code == UPNPCOMMAND_SUCCESS { return granted }
            forgetDevice(after: code)
            // After any other refusal, and without an answer, the hole is there still: a second one would be too many.
            guard code == Int32(UPnPError.noSuchPinhole) else { return UPnPError.pinholeAnswer(code: Int(code)) }
            self.hole = nil
        }
        var number = [CChar](repeating: 0, count: 16)  // the library writes 8 at most
        // An empty host and port 0 mean "from anybody" (§2.2.1, §2.2.2).
        let code = UPNP_AddPinhole(
            url, type, "empty", "0", "\(internalAddress.ip)", "\(internalAddress.port)", "\(request.transport.rawValue)",
            seconds, &number)
        guard code == UPNPCOMMAND_SUCCESS else {
            forgetDevice(after: code)
            return UPnPError.pinholeAnswer(code: Int(code))
        }
        hole = UInt16(IGD.text(number))
        return hole == nil ? .unanswered(.implausible("it opened a hole without a number")) : granted
    }

    /// A hole whose number was never told cannot be closed: it runs out.
    package func release(externalPort: UInt16) -> Release {
        guard let hole, !isAway else { return .unanswered }
        igd = igd ?? lookForDevice()
        guard let (url, type) = igd?.firewall else { return .unanswered }
        let release = UPnPError.release(code: Int(UPNP_DeletePinhole(url, type, "\(hole)")))
        if release != .unanswered { self.hole = nil }
        return release
    }

    package func check(_ external: TransportAddress) -> Awakening {
        igd = igd ?? lookForDevice()
        guard let (url, type) = igd?.firewall, let hole else { return .rested }
        var packets: Int32 = 0
        let code = UPNP_GetPinholePackets(url, type, "\(hole)", &packets)
        forgetDevice(after: code)
        return code == Int32(UPnPError.noSuchPinhole) ? .restarted : .rested
    }

    /// Where nobody gives a proper answer any more, another router may have its place: the next question looks for it.
    private func forgetDevice(after code: Int32) { if code < 0 { igd = nil } }
}
