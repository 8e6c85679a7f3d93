import Foundation
import NetPrimitives
@testable import RelayService
import Testing

@Suite("ra-relay status")
struct RelayStatusTests {
    @Test("what goes over the socket comes back as it was")
    func roundTrip() throws {
        let status = RelayStatus(.example())
        #expect(try RelayStatus.read(Data(status.json())) == status)
        #expect(status.allocations.byTransport == ["udp": 1, "tcp": 0, "tls": 1, "dtls": 0])
        #expect(status.refused == ["401": 1])
    }

    @Test("an older relay may say less, whatever it is; what is no status is none")
    func older() throws {
        let status = RelayStatus(.example())
        let whole = try #require(try JSONSerialization.jsonObject(with: Data(status.json())) as? [String: Any])
        for (key, value) in whole {
            var less = whole
            less[key] = nil
            let read = try RelayStatus.read(JSONSerialization.data(withJSONObject: less))
            #expect(key == "version" || read.version == status.version)
            #expect(key == "allocations" || read.allocations == status.allocations)
            for inner in (value as? [String: Any] ?? [:]).keys {
                var fields = value as? [String: Any]
                fields?[inner] = nil
                less[key] = fields
                #expect(throws: Never.self, "\(key) without \(inner)") {
                    try RelayStatus.read(JSONSerialization.data(withJSONObject: less))
                }
            }
        }
        for text in ["", "[]", "5", "{\"workers\":5}"] {
            #expect(throws: (any Error).self, "\(text)") { try RelayStatus.read(Data(text.utf8)) }
        }
    }

    @Test("rates are differences over the time between, and none over a restart")
    func rates() throws {
        let first = RelayStatus(.example())
        var second = first
        second.relayed.packets["to_peer", default: 0] += 100
        second.relayed.bytes["to_peer", default: 0] += 100_000
        second.dropped["policy", default: 0] += 4
        let rates = try #require(RelayRates(from: first, to: second, seconds: 2))
        #expect((rates.packetsToPeers, rates.bitsToPeers, rates.dropped, rates.packetsToClients) == (50, 400_000, 2, 0))
        second.started = .distantFuture
        #expect(RelayRates(from: first, to: second, seconds: 2) == nil)
        #expect(RelayRates(from: first, to: first, seconds: 0) == nil)
    }

    @Test("a person reads what is there in the order of what matters")
    func text() throws {
        var snapshot = RelaySnapshot.example()
        var status = RelayStatus(snapshot)
        let text = status.text(RelayRates(from: status, to: status, seconds: 1))
        for part in [
            "serving", "up           1 d 1 h, since 2027-01-15T08:00:00Z", "TCP 0.0.0.0:3478, [::]:3478", "certificate  none",
            "allocations  2 of at most 8000: tls 1, udp 1", "dropped      none", "worker 1     0 allocations",
            "to peers 0 packets/s, 0 bit/s",
        ] { #expect(text.contains(part), "\(part)\n\(text)") }
        snapshot.operation.drain = .init(since: snapshot.time, deadline: snapshot.time + 300)
        snapshot.operation.certificateEnd = snapshot.time + 3 * 86_400 + 7200
        snapshot.operation.reloads.lastSucceeded = false
        status = RelayStatus(snapshot)
        #expect(status.text(nil).contains("draining since 2027-01-16T09:01:01Z, at most until 2027-01-16T09:06:01Z"))
        #expect(status.text(nil).contains("until 2027-01-19T11:01:01Z, 3 d 2 h from now"))
        #expect(status.text(nil).contains("the last one too"))
    }

    @Test("rates are told in units that people read", arguments: [
        (0.0, 0.0, "0 packets/s, 0 bit/s"), (12.34, 999, "12.3 packets/s, 999 bit/s"), (1, 1_500_000, "1 packets/s, 1.5 Mbit/s"),
        (1e6, 9e12, "1000000 packets/s, 9000 Gbit/s"),
    ])
    func units(_ packets: Double, _ bits: Double, _ text: String) { #expect(RelayStatus.rate(packets, bits) == text) }
}
