import NetPrimitives
import PortMapping
import Synchronization
import Testing

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
        owner: (ip: String, port: String) = ("127.0.0.1", "5001"), ownedBefore: Bool = false, name: String = "",
        version: Int = 1
    ) throws -> FakeIGD {
        let isOwned = Mutex(ownedBefore)
        return try FakeIGD(version: version) { action, body in
            switch action {
            case "GetExternalIPAddress": return .success(["NewExternalIPAddress": address])
            case "AddPortMapping", "AddAnyPortMapping":
                isOwned.withLock { $0 = true }
                return map(body)
            case "GetSpecificPortMappingEntry":
                if !isOwned.withLock({ $0 }) { return .error(714) }  // NoSuchEntryInArray
                return .success([
                    "NewInternalClient": owner.ip, "NewInternalPort": owner.port, "NewEnabled": "1",
                    "NewPortMappingDescription": name, "NewLeaseDuration": "600",
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
        #expect(gateway.release(externalPort: 5000) == .closed)
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
        #expect(gateway.release(externalPort: 5000) == .refused)
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

    @Test("deletes what has our name, also where the router cut it, and nothing else", arguments: [
        ("Remote assistance", true), ("Remote assis", true), ("", true), ("Somebody's game", false),
    ])
    func named(_ name: String, _ isOurs: Bool) throws {
        let igd = try Self.router(ownedBefore: true, name: name)
        #expect(try gateway(igd).release(externalPort: 5000) == (isOurs ? .closed : .refused))
        #expect(igd.actions.contains("DeletePortMapping") == isOurs)
    }

    @Test("lets a router of version 2 choose another port, and renews that one as it is")
    func anyPort() throws {
        let igd = try Self.router(map: { _ in .success(["NewReservedPort": "5077"]) }, version: 2)
        let gateway = try gateway(igd)
        #expect(gateway.answer(to: ask) == grant("11.22.33.21:5077"))
        #expect(gateway.answer(to: Ask(externalPort: 5077, lifetime: .seconds(600))) == grant("11.22.33.21:5077"))
        #expect(igd.actions.filter { $0.hasPrefix("Add") } == ["AddAnyPortMapping", "AddPortMapping"])
    }

    @Test("asks a router of version 2 for the port itself when it knows no other way", arguments: ["", "0x", "70000"])
    func anyPortUnknown(_ reserved: String) throws {
        let igd = try Self.router(
            map: { body in
                guard body.contains("AddAnyPortMapping") else { return .success() }
                return reserved.isEmpty ? .error(401) : .success(["NewReservedPort": reserved])
            }, version: 2)
        let gateway = try gateway(igd)
        #expect(gateway.answer(to: ask) == grant("11.22.33.21:5000"))
        #expect(igd.actions.filter { $0.hasPrefix("Add") } == ["AddAnyPortMapping", "AddPortMapping"])
    }

    @Test("notices that the router has forgotten the mapping, or has another address", arguments: [
        ("11.22.33.21", true, Awakening.rested), ("11.22.33.21", false, .restarted), ("11.22.33.99", true, .restarted),
        ("0.0.0.0", false, .rested),
    ])
    func forgotten(_ external: String, _ isThere: Bool, _ expected: Awakening) throws {
        let igd = try Self.router(address: external, ownedBefore: isThere)
        #expect(try gateway(igd).check(address("11.22.33.21:5000")) == expected)
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
        _ = gateway.release(externalPort: 5000)  // the library takes any page for a success
        #expect(!igd.actions.isEmpty)
    }

    @Test("says that a port may be open when the answer got lost, and that it has closed none")
    func unanswered() throws {
        let igd = try FakeIGD { action, _ in
            switch action {
            case "GetExternalIPAddress": .success(["NewExternalIPAddress": "11.22.33.21"])
            case "GetSpecificPortMappingEntry": .error(714)
            default: .raw("")
            }
        }
        let gateway = try gateway(igd)
        guard case .unanswered(.refused(..<0, _)) = gateway.answer(to: ask) else {
            Issue.record("it should not know")
            return
        }
        #expect(gateway.release(externalPort: 5000) == .unanswered)
    }

    @Test("another router that has its address by now is asked for its description, and then for the port")
    func anotherRouter() throws {
        let isOther = Mutex(false), isKnown = Mutex(true)
        let igd = try FakeIGD { action, _ in
            // What the first router's description led to leads nowhere at the second one.
            if !isKnown.withLock({ $0 }) {
                isKnown.withLock { $0 = true }
                return .raw("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            }
            switch action {
            case "GetExternalIPAddress":
                return .success(["NewExternalIPAddress": isOther.withLock { $0 } ? "11.22.33.99" : "11.22.33.21"])
            case "GetSpecificPortMappingEntry": return .error(714)
            default: return .success()
            }
        }
        let gateway = try gateway(igd)
        #expect(gateway.answer(to: ask) == grant("11.22.33.21:5000", for: .seconds(600)))
        #expect(igd.descriptions == 1)
        isOther.withLock { $0 = true }
        isKnown.withLock { $0 = false }
        #expect(gateway.check(address("11.22.33.21:5000")) == .restarted)
        #expect(igd.descriptions == 2)
        isKnown.withLock { $0 = false }
        #expect(gateway.answer(to: ask) == grant("11.22.33.99:5000", for: .seconds(600)))
        #expect(igd.descriptions == 3)
    }

    @Test("a router that has no such mapping closes nothing")
    func notThere() throws {
        let igd = try FakeIGD { _, _ in .error(714) }
        #expect(try gateway(igd).release(externalPort: 5000) == .refused)
    }

    @Test("closes nothing from another network, where another router may answer in its place")
    func away() throws {
        let igd = try FakeIGD { _, _ in .error(714) }
        let request = MappingRequest(internalAddress: address("192.0.2.77:5001"), transport: .udp)
        let gateway = UPnPGateway(request, descriptionURL: igd.descriptionURL)
        try gateway.find()
        #expect(gateway.release(externalPort: 5000) == .unanswered)
        #expect(igd.actions.isEmpty)
    }

    @Test("finds nothing where nothing is")
    func nobody() {
        let request = MappingRequest(internalAddress: address("127.0.0.1:5001"), transport: .tcp)
        #expect(throws: MappingFailure.noRouter) {
            try UPnPGateway(request, descriptionURL: "http://127.0.0.1:9/nothing.xml").find()
        }
    }
}
