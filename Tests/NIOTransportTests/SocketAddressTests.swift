import NIOCore
import NIOTransport
import NetPrimitives
import Testing

@Suite("Socket addresses")
struct SocketAddressTests {
    @Test("an address goes to NIO and back unchanged", arguments: ["192.0.2.1:3478", "0.0.0.0:0", "[2001:db8::1:2]:65535", "[::]:1"])
    func roundTrip(text: String) throws {
        let address = try #require(TransportAddress(text))
        #expect(try TransportAddress(SocketAddress(address)) == address)
    }

    @Test("an IPv4-mapped address becomes the IPv4 one inside; a UNIX socket's is none")
    func special() throws {
        #expect(try TransportAddress(SocketAddress(ipAddress: "::ffff:192.0.2.1", port: 5)) == TransportAddress("192.0.2.1:5"))
        #expect(try TransportAddress(SocketAddress(unixDomainSocketPath: "/tmp/x")) == nil)
    }
}
