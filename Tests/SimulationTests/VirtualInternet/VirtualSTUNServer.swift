import NetPrimitives
import STUN

/// Tells whoever asks where the question came from (RFC 8489 §2).
struct VirtualSTUNServer {
    let address: TransportAddress

    func answer(_ datagram: VirtualDatagram) -> VirtualDatagram? {
        guard let message = try? Message(decoding: datagram.payload), message.messageClass == .request else {
            return nil
        }
        var builder = MessageBuilder(.successResponse, .binding, transactionID: message.transactionID)
        builder.add(XORMappedAddress(datagram.source))
        return VirtualDatagram(
            source: address, destination: datagram.source, payload: builder.finish(fingerprint: true))
    }
}
