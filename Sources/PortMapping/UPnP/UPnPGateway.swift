import CMiniUPnPc
package import NetPrimitives

/// A router that speaks UPnP IGD 1 or 2, through libminiupnpc, asked for a port of an IPv4 address. Calls block: finding
/// takes a quarter of a second to 3 s, a question some seconds when the router hangs. Confined to the thread that uses it.
package final class UPnPGateway: Gateway {
    package let method = MappingMethod.upnp
    package private(set) var internalAddress: TransportAddress
    package var router: String? { igd?.descriptionURL }
    private let request: MappingRequest
    private let descriptionURL: String?
    private var igd: IGD?

    /// - Parameter descriptionURL: The router's device description when it is known; otherwise it is searched for.
    package init(_ request: MappingRequest, descriptionURL: String? = nil) {
        self.request = request
        self.descriptionURL = descriptionURL
        internalAddress = request.internalAddress
    }

    package func find() throws(MappingFailure) {
        guard request.internalAddress.family == .ipv4 else { throw .notIPv4 }
        igd = lookForDevice()
        guard let igd else { throw .noRouter }
        if request.internalAddress.ip.isUnspecified {
            guard let facing = igd.facingAddress, facing.family == .ipv4 else { throw .notIPv4 }
            internalAddress.ip = facing
        }
    }

    private func lookForDevice() -> IGD? { descriptionURL.map(IGD.at) ?? IGD.search(for: request) }

    package func answer(to ask: Ask) -> Answer {
        let igd: IGD, address: IPAddress
        do throws(MappingFailure) { (igd, address) = try presentDevice() } catch { return .failed(error) }
        // A router gives a port away that it has mapped to this computer before, to another program of it.
        let owner = owner(ofExternalPort: ask.externalPort, igd)
        if let owner, owner != internalAddress { return .conflict }
        var port = ask.externalPort
        var code: Int32 = -1
        // What is ours already is renewed as it is; a new one may be on whichever port the router has left.
        if igd.choosesPorts, owner == nil { code = addAnyMapping(ask, &port, igd) }
        if code != UPNPCOMMAND_SUCCESS {
            port = ask.externalPort
            code = addMapping(ask, igd)
        }
        guard code == UPNPCOMMAND_SUCCESS else { return UPnPError.answer(code: Int(code), asked: ask) }
        // Some routers accept a port that is already another computer's, and keep it where it was.
        if let owner = self.owner(ofExternalPort: port, igd), owner != internalAddress { return .conflict }
        return .granted(Grant(external: TransportAddress(ip: address, port: port), lifetime: ask.lifetime))
    }

    package func release(externalPort: UInt16) -> Release {
        guard let igd, !isAway else { return .unanswered }
        let entry = entry(ofExternalPort: externalPort, igd)
        if let owner = entry.owner, owner != internalAddress { return .refused }
        // Somebody else's program on this computer may have had our port in between. Routers may cut names.
        if let name = entry.name, !name.isEmpty, !Self.plain(request.description).hasPrefix(name) { return .refused }
        let (url, type) = igd.connection
        return UPnPError.release(
            code: Int(UPNP_DeletePortMapping(url, type, "\(externalPort)", IGD.name(of: request.transport), nil)))
    }

    /// UPnP has no clock that would tell of a restart: the mapping is looked for, and the address.
    package func check(_ external: TransportAddress) -> Awakening {
        let igd: IGD, address: IPAddress
        // If there is none, the renewal will tell.
        do throws(MappingFailure) { (igd, address) = try presentDevice() } catch { return .rested }
        if address != external.ip { return .restarted }
        // Routers that do not tell who has a port say so with other numbers than "there is no such mapping".
        return entry(ofExternalPort: external.port, igd).code == UPnPError.noSuchEntry ? .restarted : .rested
    }

    // The questions

    /// The router as it is now, and its address. Where nobody answers as the one did that was found, another one may have its
    /// place: a router that was exchanged, or that of another home, which has the same address and another description.
    private func presentDevice() throws(MappingFailure) -> (IGD, IPAddress) {
        if let igd {
            do throws(MappingFailure) { return (igd, try externalAddress(igd)) } catch {
                guard case .refused(..<0, _) = error else { throw error }
            }
        }
        // The one that was found is kept until there is another: it may be away for a moment, and has our port still.
        guard let present = lookForDevice() else { throw .noRouter }
        igd = present
        return (present, try externalAddress(present))
    }

    private func externalAddress(_ igd: IGD) throws(MappingFailure) -> IPAddress {
        var text = [CChar](repeating: 0, count: 64)  // the library writes 16 at most
        let (url, type) = igd.connection
        let code = UPNP_GetExternalIPAddress(url, type, &text)
        guard code == UPNPCOMMAND_SUCCESS else {
            // 501 is what a router without a connection says.
            throw code == 501 ? .noExternalAddress : .refused(code: Int(code), reason: "it does not tell its address")
        }
        guard let address = IPAddress(IGD.text(text)), ExternalReach(of: address) != .nowhere
        else { throw .noExternalAddress }
        return address
    }

    private func addMapping(_ ask: Ask, _ igd: IGD) -> Int32 {
        let (url, type) = igd.connection
        return UPNP_AddPortMapping(
            url, type, "\(ask.externalPort)", "\(internalAddress.port)", "\(internalAddress.ip)",
            Self.plain(request.description), IGD.name(of: request.transport), nil, Self.seconds(ask.lifetime))
    }

    /// WANIPConnection:2 §2.5.17: the router takes another port when this one is somebody's.
    private func addAnyMapping(_ ask: Ask, _ port: inout UInt16, _ igd: IGD) -> Int32 {
        var reserved = [CChar](repeating: 0, count: 16)  // the library writes 6 at most
        let (url, type) = igd.connection
        let code = UPNP_AddAnyPortMapping(
            url, type, "\(ask.externalPort)", "\(internalAddress.port)", "\(internalAddress.ip)",
            Self.plain(request.description), IGD.name(of: request.transport), nil, Self.seconds(ask.lifetime), &reserved)
        guard code == UPNPCOMMAND_SUCCESS else { return code }
        guard let given = UInt16(IGD.text(reserved)) else { return UPNPCOMMAND_INVALID_RESPONSE }
        port = given
        return code
    }

    /// Where the router sends a port's traffic; nil when it does not say.
    private func owner(ofExternalPort port: UInt16, _ igd: IGD) -> TransportAddress? {
        entry(ofExternalPort: port, igd).owner
    }

    private func entry(ofExternalPort port: UInt16, _ igd: IGD) -> (owner: TransportAddress?, name: String?, code: Int) {
        var client = [CChar](repeating: 0, count: 64)  // the library writes at most 16, 6, 80, 4 and 16 bytes
        var clientPort = client
        var description = [CChar](repeating: 0, count: 128)
        var enabled = client
        var lifetime = client
        let (url, type) = igd.connection
        let code = UPNP_GetSpecificPortMappingEntry(
            url, type, "\(port)", IGD.name(of: request.transport), nil, &client, &clientPort, &description, &enabled,
            &lifetime)
        guard code == UPNPCOMMAND_SUCCESS else { return (nil, nil, Int(code)) }
        return (TransportAddress("\(IGD.text(client)):\(IGD.text(clientPort))"), IGD.text(description), Int(code))
    }

    // What goes over the wire

    /// "0" is UPnP's word for "until it is deleted".
    private static func seconds(_ lifetime: Duration?) -> String {
        lifetime.map { IGD.seconds($0, atMost: Int64(UInt32.max)) } ?? "0"
    }

    /// The library puts the text into XML as it is.
    private static func plain(_ text: String) -> String {
        String(
            text.prefix(64).map { character in
                character.isASCII && (character.isLetter || character.isNumber || " .-_".contains(character))
                    ? character : "-"
            })
    }
}
