import CMiniUPnPc
package import NetPrimitives

/// A router that speaks UPnP IGD 1 or 2, through libminiupnpc. Calls block: finding takes 1 to 3 s, a question some
/// seconds when the router hangs. Confined to the thread that uses it.
package final class UPnPGateway: Gateway {
    /// How long a round of discovery listens, in milliseconds. The library always listens to the end, and never for
    /// less than the one second over which a device may spread its answers (UPnP Device Architecture 1.1 §1.3.2).
    /// A second, longer round is for a search or an answer that got lost in the air.
    private static let patience: [Int32] = [1000, 2000]

    package let method = MappingMethod.upnp
    package private(set) var internalAddress: TransportAddress
    package private(set) var router: String?
    private let request: MappingRequest
    private let descriptionURL: String?
    /// On the heap, because the library's strings point into it from one call to the next.
    private let igd = UnsafeMutablePointer<ra_igd>.allocate(capacity: 1)
    private var isOpen = false

    /// - Parameter descriptionURL: The router's device description when it is known; otherwise it is searched for.
    package init(_ request: MappingRequest, descriptionURL: String? = nil) {
        self.request = request
        self.descriptionURL = descriptionURL
        internalAddress = request.internalAddress
        igd.initialize(to: ra_igd())
    }

    deinit {
        ra_igd_free(igd)  // frees nothing twice: what is freed is set to NULL
        igd.deallocate()
    }

    package func find() throws(MappingFailure) {
        guard request.internalAddress.family == .ipv4 else { throw .notIPv4 }
        if let descriptionURL {
            isOpen = ra_igd_open(descriptionURL, igd) == 1
        } else {
            isOpen = Self.patience.contains { discover(patience: $0) }
        }
        guard isOpen else { throw .noRouter }
        router = igd.pointee.urls.rootdescURL.map { String(cString: $0) }
        if request.internalAddress.ip.isUnspecified {
            guard let facing = IPAddress(String(cString: ra_igd_lan_address(igd))), facing.family == .ipv4
            else { throw .notIPv4 }
            internalAddress.ip = facing
        }
    }

    package func answer(to ask: Ask) -> Answer {
        let address: IPAddress
        do throws(MappingFailure) { address = try externalAddress() } catch { return .failed(error) }
        // A router gives a port away that it has mapped to this computer before, to another program of it.
        if let owner = owner(ofExternalPort: ask.externalPort), owner != internalAddress { return .conflict }
        let code = addMapping(ask)
        guard code == UPNPCOMMAND_SUCCESS else {
            let name = strupnperror(code).map { String(cString: $0) } ?? "unknown error"
            return UPnPError.answer(code: Int(code), name: name, asked: ask)
        }
        // Some routers accept a port that is already another computer's, and keep it where it was.
        if let owner = owner(ofExternalPort: ask.externalPort), owner != internalAddress { return .conflict }
        return .granted(
            Grant(external: TransportAddress(ip: address, port: ask.externalPort), lifetime: ask.lifetime))
    }

    package func release(externalPort: UInt16) {
        if let owner = owner(ofExternalPort: externalPort), owner != internalAddress { return }
        _ = UPNP_DeletePortMapping(igd.pointee.urls.controlURL, ra_igd_service(igd), "\(externalPort)", protocolName, nil)
    }

    // The questions

    private func discover(patience: Int32) -> Bool {
        var error: Int32 = 0
        // Both versions in one search: an IGD 2 answers to either, so the answers are waited for only once.
        let types = [
            "urn:schemas-upnp-org:device:InternetGatewayDevice:2", "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
        ]
        let interface = request.internalAddress.ip.isUnspecified ? nil : "\(request.internalAddress.ip)"
        let devices = Self.withCStrings(types) { list in
            // 2 hops: what UPnP Device Architecture 1.1 §1.1.2 recommends as the default.
            upnpDiscoverDevices(list, patience, interface, nil, Int32(UPNP_LOCAL_PORT_ANY), 0, 2, &error, 1)
        }
        guard let devices else { return false }
        defer { freeUPNPDevlist(devices) }
        if ra_igd_choose(devices, igd) == 1 { return true }
        ra_igd_free(igd)
        return false
    }

    private func externalAddress() throws(MappingFailure) -> IPAddress {
        var text = [CChar](repeating: 0, count: 64)  // the library writes 16 at most
        let code = UPNP_GetExternalIPAddress(igd.pointee.urls.controlURL, ra_igd_service(igd), &text)
        guard code == UPNPCOMMAND_SUCCESS else {
            // 501 is what a router without a connection says.
            throw code == 501 ? .noExternalAddress : .refused(code: Int(code), reason: "it does not tell its address")
        }
        guard let address = IPAddress(Self.text(text)), ExternalReach(of: address) != .nowhere
        else { throw .noExternalAddress }
        return address
    }

    private func addMapping(_ ask: Ask) -> Int32 {
        UPNP_AddPortMapping(
            igd.pointee.urls.controlURL, ra_igd_service(igd), "\(ask.externalPort)", "\(internalAddress.port)",
            "\(internalAddress.ip)", Self.plain(request.description), protocolName, nil, Self.seconds(ask.lifetime))
    }

    /// Where the router sends a port's traffic; nil when it does not say.
    private func owner(ofExternalPort port: UInt16) -> TransportAddress? {
        var client = [CChar](repeating: 0, count: 64)  // the library writes at most 16, 6, 80, 4 and 16 bytes
        var clientPort = client
        var description = [CChar](repeating: 0, count: 128)
        var enabled = client
        var lifetime = client
        let code = UPNP_GetSpecificPortMappingEntry(
            igd.pointee.urls.controlURL, ra_igd_service(igd), "\(port)", protocolName, nil, &client, &clientPort,
            &description, &enabled, &lifetime)
        guard code == UPNPCOMMAND_SUCCESS else { return nil }
        return TransportAddress("\(Self.text(client)):\(Self.text(clientPort))")
    }

    private var protocolName: String {
        switch request.transport {
        case .tcp: "TCP"
        case .udp: "UDP"
        }
    }

    // What goes over the wire

    /// Whole seconds; "0" is UPnP's word for "until it is deleted", so a shorter wish becomes one second.
    private static func seconds(_ lifetime: Duration?) -> String {
        guard let lifetime else { return "0" }
        return "\(min(max(lifetime.components.seconds, 1), Int64(UInt32.max)))"
    }

    /// What the library wrote into a buffer, up to its end mark.
    private static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The library puts the text into XML as it is.
    private static func plain(_ text: String) -> String {
        String(
            text.prefix(64).map { character in
                character.isASCII && (character.isLetter || character.isNumber || " .-_".contains(character))
                    ? character : "-"
            })
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        let bytes = strings.map { $0.utf8CString }
        func nest(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) -> Result {
            guard index < bytes.count else {
                return (pointers + [nil]).withUnsafeBufferPointer { body($0.baseAddress) }
            }
            // The pointers live as long as the nested calls do.
            return bytes[index].withUnsafeBufferPointer { nest(index + 1, pointers + [$0.baseAddress]) }
        }
        return nest(0, [])
    }
}
