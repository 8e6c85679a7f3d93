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

    @Test("connections are counted by what they speak, those that were refused by the bound")
    func counts() throws {
        let limits = ConnectionLimits(total: 2, perSource: 1)
        let (one, two, three) = (try address("192.0.2.1"), try address("192.0.2.2"), try address("192.0.2.3"))
        #expect([one, one, two, three].map(limits.admit) == [true, false, true, false])
        limits.move(from: .undecided, to: .http)
        limits.move(from: .http, to: .websocket)
        #expect(ConnectionKind.allCases.map { limits.report.open[$0] } == [1, 0, 1, 0])
        limits.release(one, as: .websocket)
        limits.release(two)
        #expect(limits.report.open.total == 0)
        #expect((limits.report.accepted, limits.report.refused[.source], limits.report.refused[.total]) == (4, 1, 1))
    }

    @Test("a bound that becomes smaller drops nobody, and holds for those who come")
    func resized() throws {
        let limits = ConnectionLimits(total: 3, perSource: 3)
        let one = try address("192.0.2.1")
        #expect([one, one].map(limits.admit) == [true, true])
        limits.total = 1
        #expect(!limits.admit(one))
        limits.release(one)
        limits.release(one)
        #expect([one, one].map(limits.admit) == [true, false])
        limits.total = 2
        #expect(limits.admit(one))
    }

    @Test("releasing what was never admitted changes nothing")
    func unbalanced() throws {
        let limits = ConnectionLimits(total: 1, perSource: 1)
        limits.release(try address("192.0.2.1"))
        #expect(limits.admit(try address("192.0.2.1")))
        #expect(!limits.admit(try address("192.0.2.2")))
    }
}
