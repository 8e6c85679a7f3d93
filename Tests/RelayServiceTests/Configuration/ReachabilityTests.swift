import NetPrimitives
@testable import RelayService
import Testing

@Suite("What keeps the internet from a relay")
struct ReachabilityTests {
    private func warnings(host: [String], _ change: (inout ServeConfiguration) -> Void = { _ in }) -> [String] {
        var configuration = ServeConfiguration()
        change(&configuration)
        return configuration.reachabilityWarnings(host: host.map { IPAddress($0)! })
    }

    @Test("a host that has nothing but a private address is told what it needs")
    func hidden() {
        let said = warnings(host: ["127.0.0.1", "192.168.77.5", "fe80::1"])
        #expect(said == [
            "192.168.77.5 is not public: from the internet this host needs --external-ip ADDRESS, "
                + "and peers that are not public --allow-peer"
        ])
        #expect(warnings(host: ["1.1.1.1"]) { $0.listen = [IPAddress("10.0.0.7")!] }.first?.hasPrefix("10.0.0.7 ") == true)
    }

    @Test("a public one, an outer one, an opened one and loopback have nothing to be told")
    func reachable() {
        #expect(warnings(host: ["127.0.0.1", "172.17.0.1", "1.1.1.1"]).isEmpty)
        #expect(warnings(host: ["10.0.0.7"]) { $0.externalAddresses = [IPAddress("1.1.1.1")!] }.isEmpty)
        #expect(warnings(host: ["10.0.0.7"]) { $0.allowPeers = [CIDRBlock("10.0.0.0/8")!] }.isEmpty)
        #expect(warnings(host: ["10.0.0.7"]) { $0.listen = [.loopbackV4] }.isEmpty)
        #expect(warnings(host: []).isEmpty)
    }

    @Test("an outer address that is none is told, too")
    func externalAddress() {
        let said = warnings(host: ["1.1.1.1"]) { $0.externalAddresses = [.loopbackV4, IPAddress("1.1.1.1")!] }
        #expect(said.map { String($0.prefix(36)) } == ["external-ip 127.0.0.1 is not public:"])
    }
}
