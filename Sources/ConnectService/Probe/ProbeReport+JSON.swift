import NetPrimitives
import PortMapping
import Rendezvous

extension ProbeReport {
    /// The report as one line of JSON, without the line's end.
    public var json: String {
        OrderedJSON.object([
            "relay": .string(relay.description),
            "ports": .array(ports.map(\.json)),
            "nat": .object([
                "mapping": .string(nat.mapping.rawValue), "filtering": .string("unknown"), "hairpin": .null,
                "public_address": .optional(nat.publicAddress),
                "double_nat": doubleNAT.map { .boolean($0) } ?? .null,
            ]),
            "port_mapping": .object([
                "upnp": portMapping.upnp.json, "nat_pmp": portMapping.natPMP.json, "pcp": portMapping.pcp.json,
            ]),
            "expected_path": .string(expectedPath.rawValue),
            "advice": .array(advice.map { .string($0) }),
        ]).text
    }
}

extension PortReport {
    fileprivate var json: OrderedJSON {
        .object([
            "port": .number(Int64(target.port)), "transport": .string("\(target.transport)"),
            "outbound": .string(outbound.name), "inbound": .string(Self.inbound), "why": .string(why),
            "rtt_ms": roundTripMilliseconds.map { .number($0) } ?? .null,
        ])
    }
}

extension PortMappingReport.Method {
    fileprivate var json: OrderedJSON {
        .object([
            "present": .boolean(isPresent), "external": .optional(mapping?.external),
            "mapped": .boolean(mapping != nil), "reachable": .null, "router": .optional(mapping?.router),
        ])
    }
}
