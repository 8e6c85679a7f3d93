import NetPrimitives
@testable import RelayService
import Testing

@Suite("ConnectionLimits")
struct ConnectionLimitsTests {
    func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    @Test("each source and all together have a bound, and what is released can be had again")
    func bounds() throws {
        let limits = ConnectionLimits(total: 5, perSource: 2)
        let (one, two, three) = (try address("192.0.2.1"), try address("192.0.2.2"), try address("192.0.2.3"))
        #expect([one, one, one].map(limits.admit) == [true, true, false])
        #expect([two, two, three, three].map(limits.admit) == [true, true, true, false])
        limits.release(one)
        #expect([one, one].map(limits.admit) == [true, false])
    }

    @Test("one IPv6 /56 is one source, and a mapped address is the IPv4 one inside")
    func sources() throws {
        let limits = ConnectionLimits(total: 100, perSource: 1)
        #expect(limits.admit(try address("2001:db8:0:10::1")))
        #expect(!limits.admit(try address("2001:db8:0:1f::2")))
        #expect(limits.admit(try address("2001:db8:0:100::1")))
        #expect(limits.admit(try address("192.0.2.1")))
        #expect(!limits.admit(try address("::ffff:192.0.2.1")))
    }

    @Test("releasing what was never admitted changes nothing")
    func unbalanced() throws {
        let limits = ConnectionLimits(total: 1, perSource: 1)
        limits.release(try address("192.0.2.1"))
        #expect(limits.admit(try address("192.0.2.1")))
        #expect(!limits.admit(try address("192.0.2.2")))
    }
}
