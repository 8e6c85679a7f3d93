import NetPrimitives
@testable import STUN
import TestSupport
import Testing

@Suite("RFC 5780: the attributes of NAT discovery")
struct RFC5780Tests {
    let id: TransactionID

    init() throws { id = try #require(TransactionID(octets: 0..<12)) }

    /// As a message of one attribute has it: type, length, value and padding.
    private func written(_ attribute: some Attribute) -> [UInt8] {
        var builder = MessageBuilder(.request, .binding, transactionID: id)
        builder.add(attribute)
        #expect(builder.octetCount == builder.finish().count)
        return Array(builder.finish()[20...])
    }

    private func read<Kind: Attribute>(_ kind: Kind.Type, _ text: String) throws -> Kind {
        let attribute = hex(text)
        let header = hex("0001 00") + [UInt8(attribute.count)] + hex("2112A442") + id.octets
        let message = try Message(decoding: header + attribute)
        return try #require(try message.attribute(kind))
    }

    @Test(
        "CHANGE-REQUEST",
        arguments: [(false, false, "00"), (true, false, "04"), (false, true, "02"), (true, true, "06")])
    func changeRequest(address: Bool, port: Bool, flags: String) throws {
        let request = ChangeRequest(address: address, port: port)
        #expect(written(request) == hex("0003 0004 000000" + flags))
        #expect(try read(ChangeRequest.self, "0003 0004 000000" + flags) == request)
    }

    @Test("CHANGE-REQUEST's other bits say nothing")
    func otherBits() throws {
        #expect(try read(ChangeRequest.self, "0003 0004 FFFFFFF9") == ChangeRequest(address: false, port: false))
        #expect(try read(ChangeRequest.self, "0003 0004 FFFFFFFF") == ChangeRequest(address: true, port: true))
    }

    @Test("RESPONSE-PORT, with its two octets of padding counted or not")
    func responsePort() throws {
        #expect(written(ResponsePort(40001)) == hex("0027 0002 9C41 0000"))
        #expect(try read(ResponsePort.self, "0027 0002 9C41 0000") == ResponsePort(40001))
        #expect(try read(ResponsePort.self, "0027 0004 9C41 0000") == ResponsePort(40001))
        #expect(try read(ResponsePort.self, "0027 0002 0000 0000") == ResponsePort(0))
    }

    @Test("PADDING is as long as it says, whatever is in it")
    func padding() throws {
        #expect(written(Padding(octetCount: 8)) == hex("0026 0008 0000000000000000"))
        #expect(written(Padding(octetCount: 0)) == hex("0026 0000"))
        #expect(try read(Padding.self, "0026 0005 FF01020304 000000") == Padding(octetCount: 5))
        #expect(Padding(octetCount: -1).octetCount == 0)
        #expect(written(Padding(octetCount: .max)).count == 4 + Padding.maximumOctets)
    }

    @Test("RESPONSE-ORIGIN and OTHER-ADDRESS are addresses in clear")
    func addresses() throws {
        let ipv4 = try #require(TransportAddress("192.0.2.1:3478"))
        let ipv6 = try #require(TransportAddress("[2001:db8::1]:1"))
        #expect(written(ResponseOrigin(ipv4)) == hex("802B 0008 0001 0D96 C0000201"))
        #expect(written(OtherAddress(ipv4)) == hex("802C 0008 0001 0D96 C0000201"))
        #expect(written(OtherAddress(ipv6)) == hex("802C 0014 0002 0001 20010DB8000000000000000000000001"))
        #expect(try read(ResponseOrigin.self, "802B 0008 0001 0D96 C0000201").address == ipv4)
        #expect(try read(OtherAddress.self, "802C 0014 0002 0001 20010DB8000000000000000000000001").address == ipv6)
    }

    @Test("what is malformed throws")
    func malformed() {
        for text in ["0003 0000", "0003 0003 00000600", "0003 0005 0000000600 000000"] {
            #expect(throws: MalformedAttribute(.changeRequest), "\(text)") { try read(ChangeRequest.self, text) }
        }
        for text in ["0027 0000", "0027 0001 9C000000", "0027 0003 9C410000", "0027 0005 9C41000000 000000"] {
            #expect(throws: MalformedAttribute(.responsePort), "\(text)") { try read(ResponsePort.self, text) }
        }
        #expect(throws: MalformedAttribute(.padding)) {
            try Padding(decoding: Array(repeating: 0, count: Padding.maximumOctets + 1)[...], in: id)
        }
        for text in ["802B 0000", "802B 0007 0001 0D96 C00002 00", "802B 0008 0003 0D96 C0000201"] {
            #expect(throws: MalformedAttribute(.responseOrigin), "\(text)") { try read(ResponseOrigin.self, text) }
        }
    }
}
