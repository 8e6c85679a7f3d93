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
                "why":"Inbound is untested: the relay was not asked to dial back.","rtt_ms":2},\#
                {"port":9999,"transport":"udp","outbound":"not-served","inbound":"untested",\#
                "why":"The relay does not listen on 9999/udp. Inbound is untested: the relay was not asked to dial back.",\#
                "rtt_ms":null}],\#
                "nat":{"mapping":"unknown","filtering":"unknown","hairpin":null,"public_address":"11.22.33.21","double_nat":false},\#
                "port_mapping":{\#
                "upnp":{"present":true,"external":"11.22.33.21:6000","mapped":true,"reachable":null,"router":"http://192.168.1.1/"},\#
                "nat_pmp":{"present":false,"external":null,"mapped":false,"reachable":null,"router":null},\#
                "pcp":{"present":false,"external":null,"mapped":false,"reachable":null,"router":null}},\#
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
        let report = try report(
            ["3389/tcp open", "1863/udp unanswered shown"], seen: [3478: "11.22.33.21:5000", 3389: "11.22.33.21:5000"])
        #expect(
            report.text(inColour: false) == """
                Relay  http://relay.example:3478

                PORT      OUTBOUND    RTT
                3389/tcp  open        2 ms
                1863/udp  unanswered  -     Nothing.

                Inbound is untested: the relay was not asked to dial back.

                NAT            public address 11.22.33.21, mapping unknown: the NAT uses one port towards 2 ports of the relay; \
                one address cannot tell more
                Router         UPnP: no answer
                               NAT-PMP: no router answered
                               PCP: no answer
                Expected path  punched: both sides' routers let each other in.

                → 1863/udp does not get out: ask for UDP 1863 to relay.example, or use 3389, which works.
                """)
        let coloured = report.text(inColour: true)
        #expect(coloured.contains("3389/tcp  \u{1B}[32mopen\u{1B}[0m        2 ms\n"))
        #expect(coloured.contains("1863/udp  \u{1B}[31munanswered\u{1B}[0m  -     Nothing.\n"))
    }
}
