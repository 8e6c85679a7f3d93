import NetPrimitives
import STUN
import TURN
import TestSupport
import Testing

@Suite("TURN attributes")
struct AttributeTests {
    let id: TransactionID

    init() throws { id = try #require(TransactionID(octets: 0..<12)) }

    /// The value's bytes, without type, length and padding.
    private func encode(_ attribute: some Attribute) -> [UInt8] {
        var writer = ByteWriter()
        attribute.encode(into: &writer, in: id)
        return writer.bytes
    }

    private func roundTrip<Kind: Attribute & Equatable>(_ attribute: Kind, _ text: String) throws {
        #expect(encode(attribute) == hex(text))
        #expect(try Kind(decoding: hex(text)[...], in: id) == attribute)
    }

    @Test("each is written as RFC 8656 draws it, and read back")
    func vectors() throws {
        try roundTrip(try #require(ChannelNumber(rawValue: 0x4001)), "4001 0000")
        try roundTrip(Lifetime(600), "00000258")
        // 192.0.2.1:32853 of RFC 5769 §2.2, whose XOR does not depend on the transaction.
        try roundTrip(XORPeerAddress(TransportAddress(literal: "192.0.2.1:32853")), "0001 A147 E112A643")
        try roundTrip(XORRelayedAddress(TransportAddress(literal: "192.0.2.1:32853")), "0001 A147 E112A643")
        try roundTrip(XORPeerAddress(TransportAddress(literal: "[2001:db8::1]:1")), "0002 2113 0113A9FA 00010203 04050607 08090A0A")
        try roundTrip(DataAttribute(hex("0102")[...]), "0102")
        try roundTrip(DataAttribute([]), "")
        try roundTrip(RequestedAddressFamily(.ipv6), "02000000")
        try roundTrip(AdditionalAddressFamily(.ipv6), "02000000")
        try roundTrip(EvenPort(reservesNext: true), "80")
        try roundTrip(EvenPort(reservesNext: false), "00")
        try roundTrip(RequestedTransport(.udp), "11000000")
        try roundTrip(DontFragment(), "")
        try roundTrip(MobilityTicket(), "")
        try roundTrip(MobilityTicket([1, 2, 3]), "010203")
        #expect(MobilityTicket.type.rawValue == 0x8030)
        try roundTrip(ICMP(type: 3, code: 4, mtu: 1400, family: .ipv4), "00000304 00000578")
        try roundTrip(ICMP(type: 1, code: 4, mtu: 1400, family: .ipv6), "00000104 00000000")
        try roundTrip(ReservationToken(0x0102_0304_0506_0708), "0102030405060708")
        try roundTrip(AddressErrorCode(.ipv6, ErrorCode(440, "x")), "02000428 78")
    }

    @Test("what is malformed throws")
    func malformed() {
        func refuses<Kind: Attribute>(_ kind: Kind.Type, _ texts: String...) {
            for text in texts {
                #expect(throws: MalformedAttribute(Kind.type), "\(Kind.self) \(text)") {
                    try Kind(decoding: hex(text)[...], in: id)
                }
            }
        }
        refuses(ChannelNumber.self, "", "4000", "3FFF0000", "80000000", "4000000000")
        refuses(Lifetime.self, "", "000258", "0000000258")
        refuses(XORPeerAddress.self, "", "0001", "0001A147E112A6", "0003A147E112A643", "0002A147E112A643", "0001A147E112A64300")
        refuses(RequestedAddressFamily.self, "", "01", "0100000000")
        refuses(EvenPort.self, "", "8000")
        refuses(RequestedTransport.self, "", "110000", "1100000000")
        refuses(DontFragment.self, "00")
        refuses(ICMP.self, "", "00000304000005", "000003040000057800")
        refuses(ReservationToken.self, "", "01020304050607", "010203040506070809")
        refuses(AddressErrorCode.self, "", "02000", "00000428", "03000428", "02000264")
    }

    @Test("CreatePermission's addresses are read all, or none when one is malformed")
    func severalPeers() throws {
        let peers = ["192.0.2.1:1", "192.0.2.2:2", "[2001:db8::1]:3"].map { TransportAddress(literal: $0) }
        var builder = MessageBuilder(.request, .createPermission, transactionID: id)
        for peer in peers { builder.add(XORPeerAddress(peer)) }
        var bytes = builder.finish()
        #expect(try Message(decoding: bytes).peerAddresses() == peers)
        bytes[20 + 12 + 5] = 9  // the second one's family
        let broken = try Message(decoding: bytes)
        #expect(throws: MalformedAttribute(.xorPeerAddress)) { try broken.peerAddresses() }
    }
}
