import ConnectService
import NetPrimitives
import STUN
import Testing

@Suite("Telling the relay's answer from others'")
struct StreamAnswerTests {
    private let server = address("11.22.33.1:3389")
    private let us = address("11.22.33.21:5000")

    private func question() throws -> (BindingClient, TransactionID) {
        var random = SystemRandomNumberGenerator()
        var client = BindingClient(server: server, timing: .reliable, random: &random, at: .zero)
        let sent = client.nextTransmit()
        let request = try #require(sent)
        return (client, try Message(decoding: request.payload).transactionID)
    }

    private func answer(_ id: TransactionID) -> [UInt8] {
        var builder = MessageBuilder(.successResponse, .binding, transactionID: id)
        builder.add(XORMappedAddress(us))
        return builder.finish(fingerprint: true)
    }

    @Test("our answer, in one piece and byte by byte")
    func ours() throws {
        let (client, id) = try question()
        var whole = StreamAnswer(to: client)
        #expect(whole.receive(answer(id), at: .zero) == .ours(reflexive: us))
        var pieces = StreamAnswer(to: client)
        let verdicts = answer(id).map { pieces.receive([$0], at: .zero) }
        #expect(verdicts.dropLast().allSatisfy { $0 == .incomplete })
        #expect(verdicts.last == .ours(reflexive: us))
    }

    @Test("a refusal with our transaction id is the relay's too")
    func refusal() throws {
        let (client, id) = try question()
        var builder = MessageBuilder(.errorResponse, .binding, transactionID: id)
        builder.add(ErrorCode.badRequest)
        var answer = StreamAnswer(to: client)
        #expect(answer.receive(builder.finish(), at: .zero) == .ours(reflexive: nil))
    }

    @Test(
        "somebody else's words",
        arguments: [
            (Array("HTTP/1.1 400 Bad Request\r\n".utf8), .http),
            (Array("SSH-2.0-OpenSSH_9.2\r\n".utf8), .unknown),
            ([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28], .tls),
            ([0x03, 0x00, 0x00, 0x13, 0x0E, 0xD0, 0x00, 0x00], .unknown),  // what Remote Desktop says on 3389
            ([0x40, 0x00, 0x00, 0x04], .unknown),
        ] as [([UInt8], Stranger)])
    func strangers(_ bytes: [UInt8], _ expected: Stranger) throws {
        var answer = StreamAnswer(to: try question().0)
        #expect(answer.receive(bytes, at: .zero) == .stranger(expected))
    }

    @Test("an answer to another transaction, our own question come back, and a broken fingerprint are not it")
    func otherSTUN() throws {
        let (client, id) = try question()
        var other = StreamAnswer(to: client)
        #expect(other.receive(answer(try question().1), at: .zero) == .stranger(.stun))
        var echo = StreamAnswer(to: client)
        let request = MessageBuilder(.request, .binding, transactionID: id).finish(fingerprint: true)
        #expect(echo.receive(request, at: .zero) == .stranger(.stun))
        var broken = StreamAnswer(to: client)
        var bytes = answer(id)
        bytes[bytes.count - 1] ^= 1
        #expect(broken.receive(bytes, at: .zero) == .stranger(.unknown))
    }
}
