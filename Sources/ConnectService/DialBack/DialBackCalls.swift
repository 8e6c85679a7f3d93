package import NetPrimitives
package import STUN

/// Knows the relay's dial-back when it comes to a port of ours: a Binding request whose transaction ID is a nonce that we
/// have given to the relay alone.
package struct DialBackCalls: Sendable {
    private var expected: Set<TransactionID> = []

    package init() {}

    package mutating func expect(_ nonce: TransactionID) { expected.insert(nonce) }

    package mutating func forget(_ nonce: TransactionID) { expected.remove(nonce) }

    /// - Returns: whose call it is, and the answer that ends the relay's asking; nil when it is somebody else's datagram.
    ///   A call that comes again is answered again.
    package func receive(_ bytes: [UInt8], from source: TransportAddress) -> (nonce: TransactionID, answer: [UInt8])? {
        guard !expected.isEmpty, let message = try? Message(decoding: bytes), message.messageClass == .request,
            message.method == .binding, expected.contains(message.transactionID)
        else { return nil }
        var answer = MessageBuilder(.successResponse, .binding, transactionID: message.transactionID)
        answer.add(XORMappedAddress(source))
        return (message.transactionID, answer.finish(fingerprint: true))
    }
}
