@testable import ConnectService
import Foundation
import HostNetwork
import NetPrimitives
import Testing

@Suite("The addresses of this computer that a peer is told of")
struct LocalAddressesTests {
    private func chosen(_ all: [(String, InterfaceKind)], trial: Bool = false, limit: Int = 8) -> [String] {
        let all = all.compactMap { text, kind in IPAddress(text).map { ($0, kind) } }
        return LocalAddresses.choose(all, relayIsLoopback: trial, limit: limit).map { "\($0.ip)\($0.isTunnel ? " by a tunnel" : "")" }
    }

    @Test("networks before tunnels, and the families in turns")
    func order() {
        #expect(
            chosen([
                ("10.8.0.2", .tunnel), ("192.168.1.10", .network), ("192.168.2.10", .network), ("fd00::2", .tunnel),
                ("2001:db8::10", .network), ("2001:db8::11", .network), ("2001:db8::12", .network),
            ]) == [
                "2001:db8::10", "192.168.1.10", "2001:db8::11", "192.168.2.10", "2001:db8::12", "fd00::2 by a tunnel",
                "10.8.0.2 by a tunnel",
            ])
    }

    @Test("neither loopback nor link-local ones, nor those that only our own containers know")
    func unusable() {
        #expect(
            chosen([
                ("127.0.0.1", .network), ("::1", .network), ("fe80::1", .network), ("169.254.7.7", .network), ("0.0.0.0", .network),
                ("172.17.0.1", .inner), ("192.168.122.1", .inner), ("192.168.1.10", .network),
            ]) == ["192.168.1.10"])
    }

    @Test("loopback's of IPv4 in a trial on one machine")
    func trial() {
        #expect(chosen([("127.0.0.1", .network), ("::1", .network), ("10.0.0.1", .network)], trial: true) == ["127.0.0.1", "10.0.0.1"])
    }

    @Test("no more than so many, and tunnels are the first to go")
    func limit() {
        let tunnels = (1...4).map { ("10.8.0.\($0)", InterfaceKind.tunnel) }
        let networks = (1...7).map { ("192.168.1.\($0)", InterfaceKind.network) }
        #expect(chosen(tunnels + networks).filter { $0.hasSuffix("tunnel") } == ["10.8.0.1 by a tunnel"])
        #expect(chosen(tunnels + networks).count == 8)
    }

    @Test("what an interface is, from what Linux tells of it", arguments: [
        ("eth0", ["type": "1", "device/vendor": "0x8086"], .network),
        ("veth in a container", ["type": "1"], .network),
        ("wg0", ["type": "65534", "uevent": "DEVTYPE=wireguard"], .tunnel),
        ("tun0", ["type": "65534", "tun_flags": "0x1001"], .tunnel),
        ("tap0", ["type": "1", "tun_flags": "0x1002"], .tunnel),
        ("ppp0", ["type": "512"], .tunnel),
        ("docker0 without containers", ["type": "1", "bridge/bridge_id": "8000"], .inner),
        ("docker0", ["type": "1", "bridge/bridge_id": "8000", "brif/veth1/state": "3", "../veth1/type": "1"], .inner),
        ("br0", ["type": "1", "bridge/bridge_id": "8000", "brif/eth1/state": "3", "../eth1/device/vendor": "0x8086"], .network),
        ("br1", ["type": "1", "bridge/bridge_id": "8000", "brif/eth1.7/state": "3", "../eth1.7/lower_eth1/type": "1"], .network),
        ("unheard of", [:], .network),
    ] as [(String, [String: String], InterfaceKind)])
    func kinds(_ name: String, _ files: [String: String], _ kind: InterfaceKind) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (path, text) in files {
            let file = folder.appending(path: name).appending(path: path).standardizedFileURL
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data((text + "\n").utf8).write(to: file)
        }
        #expect(InterfaceKind(of: name, in: folder.path()) == kind)
    }
}
