import NetPrimitives
import STUN
import Testing

@Suite("The vectors of RFC 5769")
struct RFC5769Tests {
    @Test("§2.1: a request with short-term credentials")
    func request() throws {
        let message = try Message(decoding: RFC5769.request)
        #expect(message.type == MessageType(.request, .binding))
        #expect(message[Software.self]?.text == "STUN test client")
        #expect(message[Username.self]?.text == "evtj:h6vY")
        #expect(message.contains(.fingerprint))
        _ = try message.authenticated(with: .shortTerm(password: RFC5769.shortTermPassword))
        #expect(throws: IntegrityError.mismatch) { try message.authenticated(with: .shortTerm(password: "other")) }
    }

    @Test("§2.2: a response with an IPv4 address")
    func responseIPv4() throws {
        let message = try Message(decoding: RFC5769.responseIPv4)
        #expect(message.type == MessageType(.successResponse, .binding))
        #expect(message[XORMappedAddress.self]?.address == TransportAddress("192.0.2.1:32853"))
        _ = try message.authenticated(with: .shortTerm(password: RFC5769.shortTermPassword))
    }

    @Test("§2.3: a response with an IPv6 address")
    func responseIPv6() throws {
        let message = try Message(decoding: RFC5769.responseIPv6)
        #expect(
            message[XORMappedAddress.self]?.address
                == TransportAddress("[2001:db8:1234:5678:11:2233:4455:6677]:32853"))
        _ = try message.authenticated(with: .shortTerm(password: RFC5769.shortTermPassword))
    }

    @Test("§2.4: a request with long-term credentials")
    func longTerm() throws {
        let message = try Message(decoding: RFC5769.longTermRequest)
        let username = try #require(message[Username.self]?.text)
        let realm = try #require(message[Realm.self]?.text)
        #expect(username == "マトリックス")
        #expect(realm == "example.org")
        #expect(message[Nonce.self]?.text == "f//499k954d6OL34oL9FSTvy64sA")
        _ = try message.authenticated(
            with: .longTerm(username: username, realm: realm, password: RFC5769.longTermPassword))
    }

    @Test("§2.2 and §2.3 are written again octet by octet, but for the padding's content")
    func written() throws {
        for (vector, text) in [
            (RFC5769.responseIPv4, "192.0.2.1:32853"),
            (RFC5769.responseIPv6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
        ] {
            let original = try Message(decoding: vector)
            var builder = MessageBuilder(.successResponse, .binding, transactionID: original.transactionID)
            builder.add(Software("test vector"))
            builder.add(XORMappedAddress(try #require(TransportAddress(text))))
            let written = builder.finish(key: .shortTerm(password: RFC5769.shortTermPassword), fingerprint: true)
            // The RFC pads SOFTWARE with a space; we with a zero, which changes both codes behind it.
            #expect(written.count == vector.count)
            #expect(written[..<35] == vector[..<35])
            #expect(written[36..<vector.count - 32] == vector[36..<vector.count - 32])
            _ = try Message(decoding: written).authenticated(with: .shortTerm(password: RFC5769.shortTermPassword))
        }
    }

    @Test("cut short at any byte, each vector throws a typed error")
    func truncated() {
        for vector in RFC5769.all {
            for length in 0..<vector.count {
                #expect(throws: DecodingError.truncated, "cut to \(length)") {
                    try Message(decoding: Array(vector[..<length]))
                }
            }
        }
    }

    @Test("with any one bit flipped, no vector is authentic; but FINGERPRINT's own type is protected by nothing")
    func flipped() {
        for vector in [RFC5769.request, RFC5769.responseIPv4, RFC5769.responseIPv6] {
            let fingerprintType = (vector.count - 8) * 8..<(vector.count - 6) * 8
            for bit in 0..<vector.count * 8 where !fingerprintType.contains(bit) {
                var changed = vector
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                let authentic = (try? Message(decoding: changed))
                    .flatMap { try? $0.authenticated(with: .shortTerm(password: RFC5769.shortTermPassword)) }
                #expect(authentic == nil, "bit \(bit)")
            }
        }
    }
}
