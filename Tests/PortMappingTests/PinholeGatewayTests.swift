import NetPrimitives
import PortMapping
import Synchronization
import Testing

@Suite("UPnP's IPv6 firewall", .timeLimit(.minutes(1)))
struct PinholeGatewayTests {
    private let ask = Ask(externalPort: 5001, lifetime: .seconds(600))
    private let own = address("[::1]:5001")

    private func gateway(_ igd: FakeIGD) -> PinholeGateway {
        PinholeGateway(MappingRequest(internalAddress: own, transport: .udp), descriptionURL: igd.descriptionURL)
    }

    private static let open = FakeIGD.Reply.success(["FirewallEnabled": "1", "InboundPinholeAllowed": "1"])

    @Test("is opened for everybody, prolonged, and closed again")
    func life() throws {
        let body = Mutex("")
        let igd = try FakeIGD(version: 2) { action, text in
            switch action {
            case "GetFirewallStatus": return Self.open
            case "AddPinhole":
                body.withLock { $0 = text }
                return .success(["UniqueID": "42"])
            case "UpdatePinhole", "DeletePinhole": return text.contains("<UniqueID>42<") ? .success() : .error(704)
            default: return .error(401)
            }
        }
        let gateway = gateway(igd)
        try gateway.find()
        #expect(gateway.answer(to: ask) == grant("\(own)"))
        #expect(gateway.answer(to: ask) == grant("\(own)"))
        #expect(gateway.release(externalPort: 5001) == .closed)
        #expect(gateway.release(externalPort: 5001) == .unanswered, "there is nothing that it could name")
        #expect(igd.actions == ["GetFirewallStatus", "AddPinhole", "UpdatePinhole", "DeletePinhole"])
        let sent = body.withLock { $0 }
        for part in [
            "<RemoteHost><", "<RemotePort>0<", "<InternalClient>::1<", "<InternalPort>5001<", "<Protocol>17<",
            "<LeaseTime>600<",
        ] {
            #expect(sent.contains(part), "\(part) in \(sent)")
        }
    }

    @Test("that the router has forgotten is opened anew")
    func forgotten() throws {
        let igd = try FakeIGD(version: 2) { action, _ in
            switch action {
            case "GetFirewallStatus": Self.open
            case "AddPinhole": .success(["UniqueID": "7"])
            default: .error(704)
            }
        }
        let gateway = gateway(igd)
        try gateway.find()
        #expect(gateway.check(own) == .rested)
        _ = gateway.answer(to: ask)
        #expect(gateway.check(own) == .restarted)
        #expect(gateway.answer(to: ask) == grant("\(own)"))
        #expect(igd.actions.suffix(2) == ["UpdatePinhole", "AddPinhole"])
    }

    @Test("that is not prolonged for another reason is not opened a second time", arguments: [606, nil] as [Int?])
    func notProlonged(_ code: Int?) throws {
        let igd = try FakeIGD(version: 2) { action, _ in
            switch action {
            case "GetFirewallStatus": Self.open
            case "AddPinhole": .success(["UniqueID": "7"])
            case "UpdatePinhole": code.map { .error($0) } ?? .raw("")
            default: .success()
            }
        }
        let gateway = gateway(igd)
        try gateway.find()
        _ = gateway.answer(to: ask)
        switch gateway.answer(to: ask) {
        case .failed(.notAuthorized) where code != nil, .unanswered where code == nil: break
        case let answer: Issue.record("\(answer)")
        }
        #expect(gateway.release(externalPort: 5001) == .closed)
        #expect(igd.actions == ["GetFirewallStatus", "AddPinhole", "UpdatePinhole", "DeletePinhole"])
    }

    @Test("can be closed by another program that knows its number")
    func secret() throws {
        let igd = try FakeIGD(version: 2) { action, text in
            switch action {
            case "GetFirewallStatus": Self.open
            case "AddPinhole": .success(["UniqueID": "65535"])
            default: text.contains("<UniqueID>65535<") ? .success() : .error(704)
            }
        }
        let first = gateway(igd)
        #expect(first.secret == nil)
        try first.find()
        _ = first.answer(to: ask)
        let next = PinholeGateway(
            MappingRequest(internalAddress: own, transport: .udp), hole: first.secret, descriptionURL: igd.descriptionURL)
        try next.find()
        #expect(next.release(externalPort: 5001) == .closed)
        #expect(igd.actions.last == "DeletePinhole")
    }

    @Test("without a number is not counted on", arguments: ["", "70000", "seven"])
    func nameless(_ number: String) throws {
        let igd = try FakeIGD(version: 2) { action, _ in
            action == "AddPinhole" ? .success(["UniqueID": number]) : Self.open
        }
        let gateway = gateway(igd)
        try gateway.find()
        guard case .unanswered = gateway.answer(to: ask) else {
            Issue.record("it was believed")
            return
        }
        #expect(gateway.secret == nil)
    }

    @Test("understands a router's refusals", arguments: [
        (606, .notAuthorized), (703, .notAuthorized), (701, .outOfResources),
        (702, .refused(code: 702, reason: "its firewall is off: nothing has to be opened")),
    ] as [(Int, MappingFailure)])
    func refusals(_ code: Int, _ failure: MappingFailure) throws {
        let igd = try FakeIGD(version: 2) { action, _ in action == "GetFirewallStatus" ? Self.open : .error(code) }
        let gateway = gateway(igd)
        try gateway.find()
        #expect(gateway.answer(to: ask) == .failed(failure))
    }

    @Test("is not asked for where the owner forbids it, or where there is no such firewall")
    func absent() throws {
        let forbidden = try FakeIGD(version: 2) { _, _ in .success(["FirewallEnabled": "1", "InboundPinholeAllowed": "0"]) }
        #expect(throws: MappingFailure.notAuthorized) { try gateway(forbidden).find() }
        let old = try FakeIGD(version: 1) { _, _ in .error(401) }
        #expect(throws: MappingFailure.noRouter) { try gateway(old).find() }
    }
}
