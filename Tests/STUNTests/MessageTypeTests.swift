import STUN
import Testing

@Suite("MessageType")
struct MessageTypeTests {
    @Test("every class with every method is read back as it was written")
    func roundTrip() {
        for messageClass in MessageClass.allCases {
            for method in UInt16(0)...0x0FFF {
                let type = MessageType(messageClass, Method(rawValue: method))
                #expect(type.wireValue & 0xC000 == 0)
                #expect(MessageType(wireValue: type.wireValue) == type)
            }
        }
    }

    @Test(
        "Binding in its four classes is as RFC 8489 §5 spells it",
        arguments: [
            (MessageClass.request, UInt16(0x0001)), (.indication, 0x0011), (.successResponse, 0x0101), (.errorResponse, 0x0111),
        ])
    func binding(messageClass: MessageClass, wireValue: UInt16) {
        #expect(MessageType(messageClass, .binding).wireValue == wireValue)
    }
}
