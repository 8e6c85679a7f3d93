import Foundation
import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

/// Every address of `Vectors/peer-policy.txt`, which Python's `ipaddress` judged (`Tests/House/peer_policy.py`).
struct JudgedAddress: Sendable {
    let ip: IPAddress
    let isAllowed: Bool
    var peer: TransportAddress { TransportAddress(ip: ip, port: 9000) }

    static let all: [JudgedAddress] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/peer-policy.txt")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { preconditionFailure("no \(file.path)") }
        return text.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            return JudgedAddress(ip: IPAddress(literal: String(words[0])), isAllowed: words[1] == "allowed")
        }
    }()

    /// So few that one allocation has room for them all.
    static let handfuls: [[JudgedAddress]] = stride(from: 0, to: all.count, by: 100).map {
        Array(all[$0..<min($0 + 100, all.count)])
    }
}

@Suite("PeerPolicy and Python's ipaddress agree")
struct PeerPolicyVectorTests {
    /// Whatever can be opened is open.
    static let everything = PeerPolicy(allow: [CIDRBlock(literal: "0.0.0.0/0"), CIDRBlock(literal: "::/0")])

    static func rules(_ policy: PeerPolicy) -> RelayConfiguration {
        RelayConfiguration(realm: "ra-relay", users: UserDirectory(passwords: ["alice": "secret"]), peerPolicy: policy)
    }

    @Test("on every edge of every range, in every disguise")
    func verdicts() {
        #expect(JudgedAddress.all.count > 900)
        for address in JudgedAddress.all {
            #expect((PeerPolicy().verdict(for: address.ip) == .allowed) == address.isAllowed, "\(address.ip)")
        }
    }

    @Test("CreatePermission and ChannelBind answer 403 to the refused", arguments: JudgedAddress.handfuls)
    func requests(addresses: [JudgedAddress]) throws {
        var machine = makeMachine(policy: PeerPolicy())
        var client = HandClient()
        try client.allocate(&machine, [AdditionalAddressFamily(.ipv6)])
        for (index, address) in addresses.enumerated() {
            let expected: Int? = address.isAllowed ? nil : 403
            #expect(try client.permit([address.peer], &machine) == expected, "\(address.ip)")
            #expect(try client.bind(0x4000 + UInt16(index), address.peer, &machine) == expected, "\(address.ip)")
        }
    }

    /// The permission and the channel were made under looser rules.
    @Test("Send, ChannelData and what comes in ask the rules of the moment", arguments: JudgedAddress.handfuls)
    func datagrams(addresses: [JudgedAddress]) throws {
        var machine = makeMachine(policy: Self.everything)
        var client = HandClient()
        let answer = try client.allocate(&machine, [AdditionalAddressFamily(.ipv6)])
        let ports = try answer.attributes.filter { $0.type == .xorRelayedAddress }.map {
            try XORRelayedAddress(decoding: $0.value, in: answer.transactionID).address
        }
        var bound: [(address: JudgedAddress, channel: ChannelNumber)] = []
        for (index, address) in addresses.enumerated() {
            let number = 0x4000 + UInt16(index)
            // What no rule opens is no peer under any rules.
            if try client.bind(number, address.peer, &machine) == nil {
                bound.append((address, try #require(ChannelNumber(rawValue: number))))
            } else {
                #expect(!address.isAllowed, "\(address.ip)")
            }
        }
        machine.reconfigure(Self.rules(PeerPolicy()), at: .zero)
        for (address, channel) in bound {
            let passed = address.isAllowed ? 1 : 0
            let port = try #require(ports.first { $0.family == address.ip.family })
            #expect(client.exchange(client.sendIndication([1], to: address.peer), &machine).count == passed, "\(address.ip)")
            let data = ChannelData(channel: channel, payload: [1]).encoded(padded: false)
            #expect(client.exchange(data, &machine).count == passed, "\(address.ip)")
            machine.receiveFromPeer([1], from: address.peer, on: RelayedPort(rawValue: Int(port.port)), at: .zero)
            #expect(drain(&machine).count == passed, "\(address.ip)")
        }
    }
}
