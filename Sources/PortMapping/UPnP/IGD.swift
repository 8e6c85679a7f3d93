import CMiniUPnPc
import NetPrimitives

/// An Internet Gateway Device that was found by UPnP, version 1 or 2. Confined to the thread that uses it.
final class IGD {
    /// How long a round of discovery listens after the last answer, in milliseconds. Most routers answer in some
    /// milliseconds, though a device may spread its answers over the second that the search names (UPnP Device
    /// Architecture 1.1 §1.3.2): that is the second round. The third is for a search or an answer that got lost in the air.
    private static let patience: [Int32] = [250, 1000, 2000]

    /// On the heap, because the library's strings point into it from one call to the next.
    private let found = UnsafeMutablePointer<ra_igd>.allocate(capacity: 1)

    private init() { found.initialize(to: ra_igd()) }

    deinit {
        ra_igd_free(found)  // frees nothing twice: what is freed is set to NULL
        found.deallocate()
    }

    /// The device whose description is at a known URL.
    static func at(_ descriptionURL: String) -> IGD? {
        let igd = IGD()
        return ra_igd_open(descriptionURL, igd.found) == 1 ? igd : nil
    }

    /// Searches on the network of the address that is asked for, or of all for 0.0.0.0 and ::.
    static func search(for request: MappingRequest) -> IGD? {
        let igd = IGD()
        let local = request.internalAddress.ip
        // The library wants to be told of a network by our address there, over IPv6 by its interface.
        let network =
            local.family == .ipv4
            ? local.isUnspecified ? nil : "\(local)"
            : RouterChoice(for: request, port: PCPFormat.serverPort)?.interface
        return patience.contains { igd.discover(patience: $0, local.family, on: network) } ? igd : nil
    }

    private func discover(patience: Int32, _ family: IPAddress.Family, on network: String?) -> Bool {
        var error: Int32 = 0
        // Both versions in one search: an IGD 2 answers to either, so the answers are waited for only once.
        let types = [
            "urn:schemas-upnp-org:device:InternetGatewayDevice:2", "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
        ]
        let devices = Self.withCStrings(types) { list in
            // 2 hops: what UPnP Device Architecture 1.1 §1.1.2 recommends as the default.
            upnpDiscoverDevices(
                list, patience, network, nil, Int32(UPNP_LOCAL_PORT_ANY), family == .ipv6 ? 1 : 0, 2, &error, 1)
        }
        let networks = LinkRoute.networks()
        guard let devices = Self.neighbours(of: devices, networks) else { return false }
        defer { freeUPNPDevlist(devices) }
        // Its description may send us elsewhere once more.
        if ra_igd_choose(devices, found) == 1, let url = found.pointee.urls.controlURL,
            DeviceURL.isNear(String(cString: url), networks: networks)
        {
            return true
        }
        ra_igd_free(found)
        return false
    }

    /// The devices of the library's list that may be asked; the others are taken out and freed.
    private static func neighbours(
        of list: UnsafeMutablePointer<UPNPDev>?, _ networks: [CIDRBlock]
    ) -> UnsafeMutablePointer<UPNPDev>? {
        guard let device = list else { return nil }
        let rest = neighbours(of: device.pointee.pNext, networks)
        device.pointee.pNext = rest
        if let url = device.pointee.descURL, DeviceURL.isNear(String(cString: url), networks: networks) { return device }
        device.pointee.pNext = nil  // what is freed is this one alone
        freeUPNPDevlist(device)
        return rest
    }

    // What it is

    var descriptionURL: String? { found.pointee.urls.rootdescURL.map { String(cString: $0) } }
    /// Our own address, as used towards the device.
    var facingAddress: IPAddress? { IPAddress(String(cString: ra_igd_lan_address(found))) }
    /// Where WANIPConnection or WANPPPConnection takes questions, and the type to ask for.
    var connection: (url: UnsafeMutablePointer<CChar>?, type: UnsafePointer<CChar>?) {
        (found.pointee.urls.controlURL, ra_igd_service(found))
    }
    /// Whether the router can choose a free port itself: WANIPConnection:2's AddAnyPortMapping.
    var choosesPorts: Bool { String(cString: ra_igd_service(found)).hasSuffix(":WANIPConnection:2") }
    /// Where WANIPv6FirewallControl takes questions; nil when the router has none.
    var firewall: (url: UnsafeMutablePointer<CChar>?, type: UnsafePointer<CChar>?)? {
        guard let type = ra_igd_firewall(found), let url = found.pointee.urls.controlURL_6FC, url.pointee != 0
        else { return nil }
        return (url, type)
    }

    // What goes over the wire

    /// Whole seconds, of which there must be one.
    static func seconds(_ lifetime: Duration, atMost limit: Int64) -> String {
        "\(min(max(lifetime.components.seconds, 1), limit))"
    }

    static func name(of transport: TransportProtocol) -> String {
        switch transport {
        case .tcp: "TCP"
        case .udp: "UDP"
        }
    }

    /// What the library wrote into a buffer, up to its end mark.
    static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
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
