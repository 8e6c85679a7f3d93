import Foundation
import NetPrimitives
import PortMapping
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A UPnP gateway on loopback: a device description, and what `answer` makes of each SOAP action.
private final class FakeIGD: Sendable {
    enum Reply: Sendable {
        case success([String: String] = [:])
        case error(Int)
        case raw(String)
    }

    let descriptionURL: String
    private let descriptor: Int32
    private let requests = Mutex<[String]>([])

    init(answer: @escaping @Sendable (_ action: String, _ body: String) -> Reply) throws {
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        descriptor = listening
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &name) {
            // sockaddr_in begins as sockaddr does.
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listening, $0, size) == 0 && listen(listening, 8) == 0 && getsockname(listening, $0, &size) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRINUSE) }
        descriptionURL = "http://127.0.0.1:\(UInt16(bigEndian: name.sin_port))/root.xml"
        Thread.detachNewThread { [weak self] in
            // Closed here alone: elsewhere, its number could become another test's while this thread uses it.
            defer { close(listening) }
            while true {
                let connection = accept(listening, nil, nil)
                guard connection >= 0 else { return }
                defer { close(connection) }
                guard let self else { return }
                let request = Self.readRequest(connection)
                let reply = Array(self.reply(to: request, answer).utf8)
                send(connection, reply, reply.count, Int32(MSG_NOSIGNAL))
            }
        }
    }

    /// The names of the actions that were called, in order.
    var actions: [String] { requests.withLock { $0 } }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func reply(to request: String, _ answer: (String, String) -> Reply) -> String {
        guard request.hasPrefix("POST"), let header = request.firstRange(of: "#"),
            let action = request[header.upperBound...].split(separator: "\"").first.map(String.init)
        else { return Self.http(Self.description) }
        requests.withLock { $0.append(action) }
        switch answer(action, request) {
        case .success(let values):
            let inside = values.map { "<\($0)>\($1)</\($0)>" }.joined()
            return Self.http(
                "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><u:\(action)Response>"
                    + inside + "</u:\(action)Response></s:Body></s:Envelope>")
        case .error(let code):
            return Self.http(
                "<s:Envelope><s:Body><s:Fault><detail><UPnPError><errorCode>\(code)</errorCode></UPnPError></detail>"
                    + "</s:Fault></s:Body></s:Envelope>", status: "500 Internal Server Error")
        case .raw(let text):
            return text
        }
    }

    private static func http(_ body: String, status: String = "200 OK") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: text/xml\r\nContent-Length: \(body.utf8.count)\r\n"
            + "Connection: close\r\n\r\n\(body)"
    }

    private static let description = """
        <?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device>
        <deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><serviceList><service>
        <serviceType>urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1</serviceType>
        <controlURL>/common</controlURL><eventSubURL>/e</eventSubURL><SCPDURL>/s</SCPDURL></service><service>
        <serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>
        <controlURL>/control</controlURL><eventSubURL>/e</eventSubURL><SCPDURL>/s</SCPDURL>
        </service></serviceList></device></root>
        """

    /// Headers, and as much body as they announce.
    private static func readRequest(_ connection: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.firstRange(of: "\r\n\r\n") else { continue }
            let length =
                text[..<end.lowerBound].split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) } ?? 0
            if text[end.upperBound...].utf8.count >= length { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

@Suite("UPnP", .timeLimit(.minutes(1)))
struct UPnPGatewayTests {
    private let ask = Ask(externalPort: 5000, lifetime: .seconds(600))

    private func gateway(_ igd: FakeIGD, description: String = "Remote assistance") throws -> UPnPGateway {
        let request = MappingRequest(
            internalAddress: TransportAddress(ip: .anyV4, port: 5001), transport: .udp, description: description)
        let gateway = UPnPGateway(request, descriptionURL: igd.descriptionURL)
        try gateway.find()
        return gateway
    }

    /// A router at 11.22.33.21 that does as `map` says and tells the truth about it.
    private static func router(
        map: @escaping @Sendable (String) -> FakeIGD.Reply = { _ in .success() }, address: String = "11.22.33.21",
        owner: (ip: String, port: String) = ("127.0.0.1", "5001"), ownedBefore: Bool = false
    ) throws -> FakeIGD {
        let isOwned = Mutex(ownedBefore)
        return try FakeIGD { action, body in
            switch action {
            case "GetExternalIPAddress": return .success(["NewExternalIPAddress": address])
            case "AddPortMapping":
                isOwned.withLock { $0 = true }
                return map(body)
            case "GetSpecificPortMappingEntry":
                if !isOwned.withLock({ $0 }) { return .error(714) }  // NoSuchEntryInArray
                return .success([
                    "NewInternalClient": owner.ip, "NewInternalPort": owner.port, "NewEnabled": "1",
                    "NewPortMappingDescription": "x", "NewLeaseDuration": "600",
                ])
            default: return .success()
            }
        }
    }

    @Test("maps a port for the address that faces the router, and deletes the mapping again")
    func mapping() throws {
        let body = Mutex("")
        let igd = try Self.router(map: { text in
            body.withLock { $0 = text }
            return .success()
        })
        let gateway = try gateway(igd, description: "<b>Help & more</b>")
        #expect(gateway.internalAddress == address("127.0.0.1:5001"))
        #expect(gateway.router == igd.descriptionURL)
        #expect(gateway.answer(to: ask) == grant("11.22.33.21:5000", for: .seconds(600)))
        gateway.release(externalPort: 5000)
        #expect(igd.actions.last == "DeletePortMapping")
        let sent = body.withLock { $0 }
        for part in [
            "<NewExternalPort>5000<", "<NewInternalPort>5001<", "<NewInternalClient>127.0.0.1<", "<NewProtocol>UDP<",
            "<NewLeaseDuration>600<", "<NewPortMappingDescription>-b-Help - more--b-<",
        ] {
            #expect(sent.contains(part), "\(part) in \(sent)")
        }
    }

    @Test(
        "understands a router's error numbers",
        arguments: [
            (718, .conflict), (729, .conflict), (725, .onlyPermanentLeases), (402, .onlyPermanentLeases),
            (501, .onlyPermanentLeases), (606, .failed(.notAuthorized)), (401, .failed(.notAuthorized)),
            (728, .failed(.outOfResources)),
        ] as [(Int, Answer)])
    func errors(_ code: Int, _ expected: Answer) throws {
        let igd = try Self.router(map: { _ in .error(code) })
        let gateway = try gateway(igd)
        #expect(gateway.answer(to: ask) == expected)
        #expect(igd.actions == ["GetExternalIPAddress", "GetSpecificPortMappingEntry", "AddPortMapping"])
    }

    @Test("does not ask for a permanent mapping twice", arguments: [402, 501])
    func permanentRefused(_ code: Int) throws {
        let igd = try Self.router(map: { _ in .error(code) })
        let gateway = try gateway(igd)
        guard case .failed(.refused(code, _)) = gateway.answer(to: Ask(externalPort: 5000, lifetime: nil)) else {
            Issue.record("it should have been refused")
            return
        }
        #expect(igd.actions.count == 3)
    }

    @Test("finds out that an accepted port leads to somebody else, and does not delete it")
    func lyingRouter() throws {
        let igd = try Self.router(owner: ("192.168.1.77", "5001"))
        let gateway = try gateway(igd)
        #expect(gateway.answer(to: ask) == .conflict)
        gateway.release(externalPort: 5000)
        #expect(!igd.actions.contains("DeletePortMapping"))
    }

    @Test("leaves a port alone that leads to somebody else, or to another program of ours",
        arguments: [("192.168.1.77", "5001"), ("127.0.0.1", "5009")])
    func takenBefore(_ ip: String, _ port: String) throws {
        let igd = try Self.router(owner: (ip, port), ownedBefore: true)
        let gateway = try gateway(igd)
        #expect(gateway.answer(to: ask) == .conflict)
        #expect(!igd.actions.contains("AddPortMapping"))
    }

    @Test("renews a mapping that is ours already")
    func ownedBefore() throws {
        let igd = try Self.router(ownedBefore: true)
        let gateway = try gateway(igd)
        #expect(gateway.answer(to: ask) == grant("11.22.33.21:5000", for: .seconds(600)))
    }

    @Test(
        "maps nothing on a router without an address",
        arguments: ["0.0.0.0", "", "not an address", "127.0.0.1", "999.1.1.1", "::1", String(repeating: "1", count: 900)])
    func noExternalAddress(_ text: String) throws {
        let igd = try Self.router(address: text)
        let gateway = try gateway(igd)
        guard case .failed = gateway.answer(to: ask) else {
            Issue.record("\(text) was believed")
            return
        }
        #expect(!igd.actions.contains("AddPortMapping"))
    }

    @Test(
        "survives nonsense",
        arguments: [
            "", "\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n<",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nxx", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 500 No\r\n\r\n<errorCode>99999999999999999999</errorCode>",
        ])
    func nonsense(_ text: String) throws {
        let igd = try FakeIGD { _, _ in .raw(text) }
        let gateway = try gateway(igd)
        guard case .failed = gateway.answer(to: ask) else {
            Issue.record("nonsense was believed")
            return
        }
        gateway.release(externalPort: 5000)
        #expect(!igd.actions.isEmpty)
    }

    @Test("finds nothing where nothing is")
    func nobody() {
        let request = MappingRequest(internalAddress: address("127.0.0.1:5001"), transport: .tcp)
        #expect(throws: MappingFailure.noRouter) {
            try UPnPGateway(request, descriptionURL: "http://127.0.0.1:9/nothing.xml").find()
        }
    }
}
