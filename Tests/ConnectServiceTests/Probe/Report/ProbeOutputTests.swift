import ConnectService
import Foundation
import NetPrimitives
import PortMapping
import Testing

@Suite("A probe's report as JSON and as text")
struct ProbeOutputTests {
    @Test("the JSON has every key, in the order of the contract")
    func json() throws {
        let report = try report(
            ["3389/tcp open", "9999/udp not-served shown"], seen: [3478: "11.22.33.21:5000"],
            upnp: mapped("11.22.33.21:6000"))
        #expect(
            report.json == #"""
                {"relay":"http://relay.example:3478","ports":[\#
                {"port":3389,"transport":"tcp","outbound":"open","inbound":"untested",\#
                "why":"Nobody dialled.","rtt_ms":2,"via":"direct"},\#
                {"port":9999,"transport":"udp","outbound":"not-served","inbound":"untested",\#
                "why":"The relay does not listen on 9999/udp. Nobody dialled.",\#
                "rtt_ms":null,"via":null}],\#
                "nat":{"mapping":"unknown","filtering":"unknown","hairpin":null,"public_address":"11.22.33.21","double_nat":false,\#
                "keeps_port":true,"binding_lifetime_s":null,\#
                "reading":"only one port of the relay answered over UDP; who gets in is not known"},\#
                "port_mapping":{\#
                "upnp":{"present":true,"external":"11.22.33.21:6000","mapped":true,"reachable":null,"router":"http://192.168.1.1/"},\#
                "nat_pmp":{"present":false,"external":null,"mapped":false,"reachable":null,"router":null},\#
                "pcp":{"present":false,"external":null,"mapped":false,"reachable":null,"router":null}},\#
                "ipv6":{"address":null,"outbound":null,"why":null},"proxy":null,"distrust":null,"captive_portal":null,"intercepting_proxy":null,\#
                "expected_path":"mapped","advice":["The relay does not listen on 9999/udp: use 3389, which works, \#
                or ask whoever runs it to add 9999 to --also-listen."]}
                """#)
    }

    @Test("what a router calls itself breaks neither the JSON nor the terminal")
    func hostileRouter() throws {
        let name = "a\"b\\\u{1B}[2J\n\u{7F}\u{202E}ü"
        let report = try report(["3389/tcp open"], seen: [3478: "11.22.33.21:5000"], upnp: mapped("11.22.33.21:6000", router: name))
        #expect(!report.json.contains { $0.isNewline })
        let object = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
        let upnp = (object?["port_mapping"] as? [String: Any])?["upnp"] as? [String: Any]
        #expect(upnp?["router"] as? String == name)
        let text = report.text(inColour: false)
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && $0 != "\u{7F}" && $0 != "\u{202E}") })
        #expect(text.contains(#"(a"b\�[2J���ü)"#))
    }

    @Test("the table is aligned, and coloured only when asked")
    func text() throws {
        var report = try report(
            [], seen: [3478: "11.22.33.21:5000", 3389: "11.22.33.21:5000"], filtering: .addressAndPortDependent,
            upnp: mapped("11.22.33.21:6000", .open))
        report.ports = [
            try row("3389/tcp open", inbound: .open),
            try row("1863/udp unanswered shown", inbound: .untested(why: "1863/udp is in use.")),
        ]
        report.portMapping.model = "Acme Wall\u{1B} 2"
        report.nat.hairpin = false
        report.nat.bindingLifetime = BindingLifetime(atLeast: .seconds(20), atMost: .milliseconds(21250))
        #expect(
            report.text(inColour: false) == """
                Relay  http://relay.example:3478

                PORT      OUTBOUND    INBOUND   RTT
                3389/tcp  open        open      2 ms
                1863/udp  unanswered  untested  -     Nothing. 1863/udp is in use.

                NAT            public address 11.22.33.21, mapping unknown: the NAT uses one port towards 2 ports of the relay; \
                one address cannot tell more
                               filtering address-and-port-dependent: only who was spoken to gets in
                               ports are kept, no hairpin, a binding lives between 20 and 21.3 s without traffic
                Router         UPnP: opened 11.22.33.21:6000, and the relay gets in (http://192.168.1.1/)
                               NAT-PMP: no router answered
                               PCP: no answer
                               model: Acme Wall\u{FFFD} 2
                IPv6           this machine has no address of it
                Expected path  mapped: peers can come in by the port that the router opens.

                → 1863/udp does not get out: ask for UDP 1863 to relay.example, or use 3389, which works.
                """)
        let coloured = report.text(inColour: true)
        #expect(coloured.contains("3389/tcp  \u{1B}[32mopen\u{1B}[0m        \u{1B}[32mopen\u{1B}[0m      2 ms\n"))
        #expect(coloured.contains("1863/udp  \u{1B}[31munanswered\u{1B}[0m  \u{1B}[33muntested\u{1B}[0m  -     Nothing. 1863/udp is in use.\n"))
    }

    @Test("what a proxy lets through is shown, and not hidden that the direct way is closed")
    func proxy() throws {
        var report = try report(["3389/tcp unanswered"], describedAt: 443)
        report.isDescribedThroughProxy = true
        report.ports.append(
            PortReport(
                target: ProbeTarget(port: 443, transport: .tcp), decides: true, outbound: .unanswered(why: "Nothing."),
                throughProxy: .open(roundTrip: .milliseconds(3), reflexive: nil), inbound: .untested(why: "Nobody dialled.")))
        report.proxy = ProxyReport(
            address: "192.168.1.1:3128", password: .accepted,
            ports: [
                ProxyReport.Port(number: 3389, outbound: .blocked(why: "403.")),
                ProxyReport.Port(number: 443, outbound: .open(roundTrip: .milliseconds(3), reflexive: nil)),
                ProxyReport.Port(number: 80, outbound: .blocked(why: "403.")),
            ])
        report.proxy?.judge(by: ServedPorts(tcp: [443, 3389], udp: []))
        let text = report.text(inColour: false)
        #expect(text.contains("443/tcp   open        untested  3 ms  Through the proxy alone. Directly: Nothing."))
        #expect(text.contains("\nProxy          192.168.1.1:3128 lets TCP 443 through, not 3389; it takes the password\n"))
        #expect(
            report.json.contains(
                #""proxy":{"address":"192.168.1.1:3128","password":"accepted","ports":[{"port":3389,"outbound":"blocked","why":"403."},"#
                    + #"{"port":443,"outbound":"open","why":null},{"port":80,"outbound":"not-served","#))
        #expect(report.json.contains(#""rtt_ms":3,"via":"proxy"}"#))
        #expect(report.exitCode == .notOpen)
        #expect(
            report.advice.first
                == "3389/tcp does not get out: ask for TCP 3389 to relay.example, or use 443 through the proxy, which works.")
    }

    @Test("what nobody could try for one reason is said once")
    func sharedReason() throws {
        let text = try report(["3389/tcp open", "1863/tcp open"]).text(inColour: false)
        #expect(text.components(separatedBy: "Nobody dialled.").count == 2)
        #expect(text.contains("\n\nInbound is untested: Nobody dialled.\n\n"))
    }

    @Test("what a relay or a sign-in page says does not steer the terminal")
    func hostileTexts() throws {
        var report = try report([])
        report.ports = [
            try row("3389/tcp open", inbound: .untested(why: "a\u{1B}[2Jb")), try row("1863/tcp open", inbound: .open),
        ]
        report.interceptor = .portal(Portal(place: "http://\u{1B}]0;x\u{7}"))
        let text = report.text(inColour: false)
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && $0 != "\u{7F}") })
    }
}
