import NetPrimitives
import TURN

@testable import STUN

/// The decoders of STUN messages and of every attribute (RFC 8489 §5, §14): bytes as they come, and the same with the
/// right lengths and codes, which no mutation would find.
func fuzz(_ bytes: [UInt8]) {
    _ = check(bytes)
    guard bytes.count <= 60_000 else { return }
    let signed = signed(bytes)
    guard let message = check(signed) else { return }
    expect((try? message.authenticated(with: key)) != nil, "our own code does not match")
}

private let key = IntegrityKey.shortTerm(password: "VOkJxbRl1RmTxUk/WvJxBt")

private func check(_ bytes: [UInt8]) -> Message? {
    guard let message = try? Message(decoding: bytes) else { return nil }
    // Methods from 0x100 on do not look like STUN: RFC 7983 §7 gave their first bytes to others.
    expect(Message.looksLike(bytes) || message.method.rawValue > 0xFF, "a message that does not look like one")
    expect(message.unknownAttributes(knowing: []).count <= UnknownAttributes.maximumListed, "too many are listed")
    _ = try? message.authenticated(with: key)
    for raw in message.attributes {
        for kind in attributeKinds where kind.type == raw.type { check(kind, raw.value, message.transactionID) }
    }
    return message
}

/// What was decoded is written so that it can be decoded again, and then it is the same.
private func check(_ kind: any Attribute.Type, _ value: ArraySlice<UInt8>, _ id: TransactionID) {
    guard let attribute = try? kind.init(decoding: value, in: id) else { return }
    let written = encoded(attribute, id)
    guard let again = try? kind.init(decoding: written[...], in: id) else {
        return expect(false, "\(kind) does not read what it wrote: \(written)")
    }
    // A reason that was no UTF-8 is longer once it is, and cut.
    guard !(attribute is ErrorCode), !(attribute is AddressErrorCode) else { return }
    expect(encoded(again, id) == written, "\(kind) is another one after \(written)")
}

private func encoded(_ attribute: any Attribute, _ id: TransactionID) -> [UInt8] {
    var writer = ByteWriter()
    attribute.encode(into: &writer, in: id)
    return writer.bytes
}

/// The bytes as a message's type, transaction and attributes, with the cookie, the lengths and both codes put right.
private func signed(_ bytes: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(bytes.prefix(2).map { $0 & 0x3F })
    writer.writeZeros(2 - writer.count)
    writer.write(UInt16(0))
    writer.write(Message.magicCookie)
    writer.write(bytes.dropFirst(8).prefix(12))
    writer.writeZeros(Message.headerSize - writer.count)
    var input = Input(Array(bytes.dropFirst(Message.headerSize)))
    while !input.isEmpty {
        let type = UInt16(input.byte()) << 8 | UInt16(input.byte())
        // What stands behind a code is not protected by it.
        if [.messageIntegrity, .messageIntegritySHA256, .fingerprint].contains(AttributeType(rawValue: type)) { continue }
        let value = input.bytes(input.number(0...1023))
        writer.write(type)
        writer.write(UInt16(value.count))
        writer.write(value)
        writer.writeZeros((4 - value.count % 4) % 4)
    }
    let code = MessageIntegrity.compute(.sha256, over: writer.bytes[...], attributeOctets: 32, key: key)
    writer.write(AttributeType.messageIntegritySHA256.rawValue)
    writer.write(UInt16(code.count))
    writer.write(code)
    writer.overwrite(UInt16(writer.count + 8 - Message.headerSize), at: 2)
    let sum = Fingerprint.compute(over: writer.bytes[...])
    writer.write(AttributeType.fingerprint.rawValue)
    writer.write(UInt16(4))
    writer.write(sum)
    return writer.bytes
}
