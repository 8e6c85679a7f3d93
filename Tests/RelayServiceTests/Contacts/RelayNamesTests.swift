import NetPrimitives
@testable import RelayService
import Testing

@Suite("What a relay is called")
struct RelayNamesTests {
    static let local = IPAddress("192.0.2.1")!
    static let names = RelayNames(
        publicHost: "relay.example.org", fleet: "Fleet.example.org", nodes: ["n1.relay.example.org"], externalAddresses: [IPAddress("203.0.113.7")!])

    @Test(
        "its own names and addresses, and no others",
        arguments: [
            ("relay.example.org", true), ("Relay.Example.Org", true), ("n1.relay.example.org", true), ("fleet.example.org", true), ("192.0.2.1", true),
            ("203.0.113.7", true), ("n2.relay.example.org", false), ("evil.example.org", false), ("203.0.113.8", false),
            ("[2001:db8::1]", false), ("localhost", false), ("", false),
        ])
    func ownNames(_ host: String, _ isOurs: Bool) {
        #expect(Self.names.include(host, source: IPAddress("198.51.100.1")!, local: Self.local) == isOurs)
    }

    @Test("localhost is this relay for whoever is on its host; and every name is, where nobody has said what it is called")
    func others() {
        #expect(Self.names.include("localhost", source: IPAddress("127.0.0.1")!, local: IPAddress("127.0.0.1")!))
        #expect(RelayNames().include("any.example.org", source: Self.local, local: nil))
    }

    @Test("the realm is a name of the relay where its state is a fleet's database, and nowhere else")
    func realm() {
        var configuration = ServeConfiguration()
        configuration.realm = "example.org"
        #expect(configuration.fleetName == nil)
        configuration.stateDirectory = "/var/lib/ra-relay"
        #expect(configuration.fleetName == nil)
        configuration.stateDirectory = "postgres://ra@database.example.org/ra"
        #expect(configuration.fleetName == "example.org")
        configuration.realm = nil
        #expect(configuration.fleetName == nil)
    }
}
