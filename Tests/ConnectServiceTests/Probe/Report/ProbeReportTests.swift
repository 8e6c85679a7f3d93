import ConnectService
import NetPrimitives
import PortMapping
import Rendezvous
import Testing

@Suite("What a probe's findings mean")
struct ProbeReportTests {
    static let cone: [UInt16: String] = [3478: "11.22.33.21:5000", 3389: "11.22.33.21:5000"]
    static let symmetric: [UInt16: String] = [3478: "11.22.33.21:5000", 3389: "11.22.33.21:5001"]
    static let none: [UInt16: String] = [3478: "192.168.1.10:5000"]

    @Test(
        "the exit code",
        arguments: [
            (["3389/tcp open", "3389/udp unanswered shown"], 3478, 0),
            (["3389/tcp open", "3389/udp unanswered"], 3478, 1),
            (["3389/tcp blocked", "3389/udp open shown"], nil, 1),
            (["3389/tcp not-served"], 3478, 1),
            (["3389/tcp open"], nil, 0),
            (["3389/tcp blocked", "1863/tcp unanswered"], nil, 3),
            (["3389/tcp blocked"], 443, 1),
        ] as [([String], UInt16?, Int32)])
    func exitCode(_ rows: [String], _ describedAt: UInt16?, _ expected: Int32) throws {
        #expect(try report(rows, describedAt: describedAt).exitCode.rawValue == expected)
    }

    @Test("an answer to the NAT's check alone is a relay that is there")
    func reachableByUDP() throws {
        #expect(try report(["3389/tcp blocked"], describedAt: nil, seen: Self.none).exitCode == .notOpen)
    }

    @Test(
        "the mapping, as far as one address of the relay can tell",
        arguments: [
            ([:], .unknown), ([3478: "11.22.33.21:5000"], .unknown), (cone, .unknown),
            (symmetric, .addressAndPortDependent), (none, .none),
        ] as [([UInt16: String], NATReport.Mapping)])
    func mapping(_ seen: [UInt16: String], _ expected: NATReport.Mapping) throws {
        #expect(try report([], seen: seen).nat.mapping == expected)
    }

    @Test(
        "the path to expect",
        arguments: [
            ([:], .silent, .relayed), (cone, .silent, .punched), (symmetric, .silent, .relayed), (none, .silent, .direct),
            (symmetric, mapped("11.22.33.21:6000"), .mapped), (cone, mapped("11.22.33.21:6000"), .mapped),
            (cone, mapped("100.64.1.1:6000"), .punched), (cone, mapped("11.22.33.99:6000"), .punched),
        ] as [([UInt16: String], PortMappingReport.Method, ExpectedPath)])
    func path(_ seen: [UInt16: String], _ upnp: PortMappingReport.Method, _ expected: ExpectedPath) throws {
        #expect(try report(["3389/tcp open"], seen: seen, upnp: upnp).expectedPath == expected)
    }

    @Test(
        "a mapping counts when the relay gets in by it, and a NAT that lets everybody in can be punched",
        arguments: [
            (mapped("11.22.33.21:6000", .open), .unknown, .mapped),
            (mapped("11.22.33.21:6000", .filtered(why: "No.")), .unknown, .relayed),
            (.silent, .endpointIndependent, .punched), (.silent, .portIndependent, .relayed),
        ] as [(PortMappingReport.Method, NATFiltering, ExpectedPath)])
    func proven(_ upnp: PortMappingReport.Method, _ filtering: NATFiltering, _ expected: ExpectedPath) throws {
        #expect(try report(["3389/tcp open"], seen: Self.symmetric, filtering: filtering, upnp: upnp).expectedPath == expected)
    }

    @Test(
        "the mapping, seen from two addresses of the relay",
        arguments: [
            (cone, [3478: "11.22.33.21:5000", 3389: "11.22.33.21:5000"], .endpointIndependent),
            (cone, [3478: "11.22.33.21:5002", 3389: "11.22.33.21:5002"], .addressDependent),
            (cone, [3478: "11.22.33.21:5002", 3389: "11.22.33.21:5003"], .addressAndPortDependent),
            ([3478: "11.22.33.21:5000"], [3478: "11.22.33.21:5002"], .unknown),
            (none, none, .none),
        ] as [([UInt16: String], [UInt16: String], NATReport.Mapping)])
    func mappingElsewhere(
        _ here: [UInt16: String], _ there: [UInt16: String], _ expected: NATReport.Mapping
    ) {
        let nat = NATReport(
            local: address("192.168.1.10:5000"), reflexive: here.mapValues(address), elsewhere: there.mapValues(address))
        #expect(nat.mapping == expected)
    }

    @Test("a mapping that leads nowhere, a sign-in page and a broken IPv6 are said")
    func moreAdvice() throws {
        var report = try report(
            ["3389/tcp open"], seen: Self.cone, upnp: mapped("11.22.33.21:6000", .filtered(why: "Nothing gets in.")))
        report.interceptor = .portal(Portal(place: "http://hotel.example/"))
        report.ipv6 = IPv6Report(local: .loopbackV6, outbound: .unanswered(why: "Nothing."))
        #expect(
            report.advice == [
                "This network shows a web page in everybody's place (http://hotel.example/): "
                    + "open a browser, sign in there, and try again.",
                "The router says that it has opened 11.22.33.21:6000 (UPnP), but nobody gets in there: "
                    + "restart the router, and look at the firewall in its settings and at this machine's own.",
                "IPv6 does not get out to the relay, though this machine and the relay have addresses of it: "
                    + "ask your network team, or switch it off in the router.",
            ])
    }

    @Test("no path without any answer")
    func noPath() throws {
        #expect(try report(["3389/tcp blocked"], describedAt: nil).expectedPath == .none)
    }

    @Test(
        "a NAT above the router",
        arguments: [
            (cone, .silent, nil), (none, .silent, false), (cone, mapped("11.22.33.21:6000"), false),
            (cone, mapped("10.0.0.2:6000"), true), ([:], mapped("11.22.33.21:6000"), nil),
        ] as [([UInt16: String], PortMappingReport.Method, Bool?)])
    func doubleNAT(_ seen: [UInt16: String], _ upnp: PortMappingReport.Method, _ expected: Bool?) throws {
        #expect(try report(["3389/tcp open"], seen: seen, upnp: upnp).doubleNAT == expected)
    }

    @Test(
        "one sentence for each problem",
        arguments: [
            (["3389/tcp open", "3389/udp open"], []),
            (
                ["3389/tcp blocked", "1863/tcp open"],
                ["3389/tcp does not get out: ask for TCP 3389 to relay.example, or use 1863, which works."]
            ),
            (
                ["3389/tcp blocked", "1863/tcp unanswered"],
                ["3389/tcp and 1863/tcp do not get out: ask for TCP 3389 and 1863 to relay.example, or use 3478, which works."]
            ),
            (
                ["3389/tcp open", "9999/tcp not-served"],
                [
                    "The relay does not listen on 9999/tcp: use 3389, which works, "
                        + "or ask whoever runs it to add 9999 to --also-listen."
                ]
            ),
            (
                ["3389/tcp open", "3389/udp unanswered"],
                ["3389/udp does not get out: ask for UDP 3389 to relay.example, or use 3478, which works."]
            ),
        ] as [([String], [String])])
    func advice(_ rows: [String], _ expected: [String]) throws {
        #expect(try report(rows, seen: Self.none).advice == expected)
    }

    @Test(
        "advice about the router",
        arguments: [
            (symmetric, .silent, ["The router uses another port for each destination"]),
            (symmetric, .failed(.notAuthorized), ["The router uses another port", "The router knows UPnP but opens no port"]),
            (cone, mapped("100.64.1.1:6000"), ["The router is itself behind another NAT"]),
            (symmetric, mapped("11.22.33.21:6000"), []),
            ([:], .silent, ["No UDP gets out to the relay"]),
        ] as [([UInt16: String], PortMappingReport.Method, [String])])
    func routerAdvice(_ seen: [UInt16: String], _ upnp: PortMappingReport.Method, _ beginnings: [String]) throws {
        let advice = try report(["3389/tcp open"], seen: seen, upnp: upnp).advice
        #expect(advice.count == beginnings.count, "\(advice)")
        for (sentence, beginning) in zip(advice, beginnings) { #expect(sentence.hasPrefix(beginning)) }
    }

    @Test("a port that gets out does not hide that the relay's own address is not answered")
    func notFound() throws {
        #expect(
            try report(["5478/tcp open"], describedAt: nil, seen: [5478: "192.0.2.9:5000"]).advice.first
                == "http://relay.example:3478 itself is not answered by a relay; "
                + "give ra-connect --relay http://relay.example:5478.")
        var secure = try report(["5478/tcp open"], describedAt: nil, seen: [5478: "192.0.2.9:5000"])
        secure.relay = try #require(RelayURL("https://relay.example"))
        #expect(secure.advice.first == "https://relay.example itself is not answered by a relay.")
    }

    @Test("who is not trusted is said to be so: nobody is told to do without TLS, nor that nothing is there")
    func distrust() throws {
        let sentence = "No authority that this computer trusts vouches for the certificate of https://relay.example."
        for rows in [["3389/tcp open", "3389/udp open shown"], ["3389/tcp blocked"]] {
            var report = try report(rows, describedAt: nil)
            report.relay = try #require(RelayURL("https://relay.example"))
            report.distrust = sentence
            #expect(report.advice == [sentence])
            #expect(!report.json.contains("http://") && report.json.contains("\"distrust\":\"\(sentence)\""))
            #expect(report.expectedPath == .none)
            #expect(report.exitCode == (rows.count == 2 ? .open : .unreachable))
        }
    }

    @Test("who answers in everybody's place is a problem where the relay's ports are closed")
    func interceptor() throws {
        var closed = try report(["3389/tcp blocked", "3389/udp open"])
        closed.interceptor = .proxy(status: 502)
        #expect(
            closed.advice.first == "Somebody answers web requests in everybody's place here (502), a proxy or a filter: "
                + "ask your network team to let connections to relay.example pass it.")
        #expect(closed.json.contains(#""captive_portal":null,"intercepting_proxy":{"status":502}"#))
        var open = try report(["3389/tcp open"], seen: Self.none)
        open.interceptor = .proxy(status: 403)
        #expect(open.advice.isEmpty)
        #expect(open.text(inColour: false).contains("Web            somebody answers HTTP in everybody's place (403)"))
    }

    @Test("a relay that is not there, or has no address, is the one problem")
    func unreachable() throws {
        #expect(
            try report(["3389/tcp blocked", "3389/udp unanswered shown"], describedAt: nil).advice == [
                "The relay at relay.example answers on no port: check its address and that it runs, "
                    + "or ask your network team for TCP 3389 to relay.example."
            ])
        #expect(
            try report(["3389/tcp unanswered"], describedAt: nil, isHostKnown: false).advice == [
                "“relay.example” has no address: check the relay's address, or this machine's DNS."
            ])
    }
}
