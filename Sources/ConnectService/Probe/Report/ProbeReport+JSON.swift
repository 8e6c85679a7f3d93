import NetPrimitives
import PortMapping
import Rendezvous

extension ProbeReport {
    /// The report as one line of JSON, without the line's end.
    public var json: String {
        OrderedJSON.object([
            "relay": .string(relay.description),
            "ports": .array(ports.map(\.json)),
            "nat": nat.json(doubleNAT: doubleNAT),
            "port_mapping": .object([
                "upnp": portMapping.upnp.json(model: portMapping.model), "nat_pmp": portMapping.natPMP.json(model: nil),
                "pcp": portMapping.pcp.json(model: nil),
            ]),
            "ipv6": .object([
                "address": .optional(ipv6.local), "outbound": .optional(ipv6.outbound?.name), "why": .optional(ipv6.outbound?.why),
            ]),
            "proxy": proxy?.json ?? .null,
            "distrust": .optional(distrust), "captive_portal": interceptor?.portalJSON ?? .null,
            "intercepting_proxy": interceptor?.proxyJSON ?? .null,
            "expected_path": .string(expectedPath.rawValue),
            "advice": .array(advice.map { .string($0) }),
        ]).text
    }
}

extension ProxyReport {
    fileprivate var json: OrderedJSON {
        .object([
            "address": .string(address), "password": .string(password.rawValue),
            "ports": .array(
                ports.map { port in
                    .object([
                        "port": .number(Int64(port.number)), "outbound": .string(port.outbound.name),
                        "why": .optional(port.outbound.why),
                    ])
                }),
        ])
    }
}

extension Interceptor {
    fileprivate var portalJSON: OrderedJSON? {
        switch self {
        case .portal(let portal): .object(["page": .optional(portal.place)])
        case .proxy: nil
        }
    }

    fileprivate var proxyJSON: OrderedJSON? {
        switch self {
        case .portal: nil
        case .proxy(let status): .object(["status": .number(Int64(status))])
        }
    }
}

extension PortReport {
    fileprivate var json: OrderedJSON {
        .object([
            "port": .number(Int64(target.port)), "transport": .string("\(target.transport)"),
            "outbound": .string(outbound.name), "inbound": .string(inbound.name), "why": .optional(why),
            "rtt_ms": roundTripMilliseconds.map { .number($0) } ?? .null, "via": .optional(way?.rawValue),
        ])
    }
}

extension NATReport {
    fileprivate func json(doubleNAT: Bool?) -> OrderedJSON {
        .object([
            "mapping": .string(mapping.rawValue), "filtering": .string(filtering.name), "hairpin": .optional(hairpin),
            "public_address": .optional(publicAddress), "double_nat": .optional(doubleNAT), "keeps_port": .optional(keepsPort),
            "binding_lifetime_s": bindingLifetime.map {
                .object([
                    "at_least": .number(Int64($0.atLeast.components.seconds)),
                    "at_most": $0.atMost.map { .number(Int64(($0 + .milliseconds(999)).components.seconds)) } ?? .null,
                ])
            } ?? .null,
            "reading": .string("\(reading); \(filtering.reading)"),
        ])
    }
}

extension PortMappingReport.Method {
    fileprivate func json(model: String?) -> OrderedJSON {
        .object([
            "present": .boolean(isPresent), "external": .optional(mapping?.external),
            "mapped": .boolean(mapping != nil), "reachable": .optional(isReachable),
            "router": .optional(model ?? mapping?.router),
        ])
    }
}
