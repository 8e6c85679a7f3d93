import ConnectService
import NetPrimitives
import PortMapping
import Rendezvous
import Testing

func address(_ text: String) -> TransportAddress { TransportAddress(text) ?? TransportAddress(ip: .anyV4, port: 0) }

/// A row: `"3389/tcp open"`, `"1863/udp blocked shown"`; from outside it is untested unless `inbound` says more.
func row(_ text: String, inbound: Inbound = .untested(why: "Nobody dialled.")) throws -> PortReport {
    let words = text.split(separator: " ")
    let argument = try #require(PortArgument(String(words[0])))
    let transport = try #require(argument.transport)
    let outbound: Outbound =
        switch words[1] {
        case "open": .open(roundTrip: .microseconds(1500), reflexive: nil)
        case "blocked": .blocked(why: "No.")
        case "unanswered": .unanswered(why: "Nothing.")
        default: .notServed(why: "The relay does not listen on \(words[0]).")
        }
    return PortReport(
        target: ProbeTarget(port: argument.port, transport: transport), decides: words.count < 3, outbound: outbound,
        inbound: inbound)
}

/// A report of rows, a NAT seen by the ports of the relay, and a UPnP mapping.
func report(
    _ rows: [String], describedAt: UInt16? = 3478, local: String = "192.168.1.10:5000", seen: [UInt16: String] = [:],
    filtering: NATFiltering = .unknown, upnp: PortMappingReport.Method = .silent, isHostKnown: Bool = true
) throws -> ProbeReport {
    ProbeReport(
        relay: try #require(RelayURL("http://relay.example:3478")), host: "relay.example", isHostKnown: isHostKnown,
        describedAt: describedAt, ports: try rows.map { try row($0) },
        nat: NATReport(local: address(local), reflexive: seen.mapValues(address), filtering: filtering),
        portMapping: PortMappingReport(upnp: upnp, natPMP: .failed(.noRouter)))
}

func mapped(
    _ external: String, router: String? = "http://192.168.1.1/", _ inbound: Inbound = .untested(why: "Nobody dialled.")
) -> PortMappingReport.Method {
    .mapped(
        Mapping(
            method: .upnp, external: address(external), internal: address("192.168.1.10:5000"), transport: .udp,
            lifetime: .seconds(120), router: router), inbound)
}
