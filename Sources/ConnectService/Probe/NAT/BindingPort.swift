import HostNetwork
package import NIOCore
package import NetPrimitives
package import STUN
import Synchronization

/// A UDP port of ours that asks STUN servers how they see it, and that the relay can call.
package struct BindingPort: Sendable {
    package struct Answer: Hashable, Sendable {
        /// Where the server saw us.
        package var reflexive: TransportAddress
        /// From where the server sends when it is to change both address and port (RFC 5780 §7.4); nil: it does not.
        package var other: TransportAddress?
    }

    private let port: CallListener
    private let questions: Questions
    private let loop: any EventLoop

    package var local: TransportAddress { port.local }

    package static func open(on ip: IPAddress, loop: any EventLoop) async throws -> BindingPort {
        let questions = Questions()
        let port = try await CallListener.open(.udp, on: ip, loop: loop) { bytes, source in
            questions.receive(bytes, from: source)
        }
        return BindingPort(port: port, questions: questions, loop: loop)
    }

    /// One Binding transaction; nil when no address came back within `patience`.
    ///
    /// - Parameter change: from where the answer is to come, if not from where it was asked (RFC 5780 §7.2).
    package func ask(
        _ server: TransportAddress, change: ChangeRequest? = nil, within patience: Duration
    ) async -> Answer? {
        var random = SystemRandomNumberGenerator()
        let id = TransactionID(using: &random)
        var request = MessageBuilder(.request, .binding, transactionID: id)
        if let change { request.add(change) }
        let bytes = request.finish(fingerprint: true)
        let answer = loop.makePromise(of: Answer?.self)
        questions.ask(id, of: change == nil ? server : nil, answer)
        let sending = ProbePatience.sending.map { delay in
            loop.scheduleTask(in: delay) { port.send(bytes, to: server) }
        }
        let alarm = loop.scheduleTask(in: TimeAmount(patience)) { questions.giveUp(id) }
        defer {
            for task in sending { task.cancel() }
            alarm.cancel()
        }
        return await withTaskCancellationHandler {
            try? await answer.futureResult.get()
        } onCancel: {
            questions.giveUp(id)
        }
    }

    /// Where the call with this nonce came from, once it has come; fails when the port is closed before.
    package func expect(_ nonce: TransactionID) -> EventLoopFuture<TransportAddress> { port.expect(nonce) }

    package func send(_ bytes: [UInt8], to destination: TransportAddress) { port.send(bytes, to: destination) }

    package func close() {
        port.close()
        questions.giveUpAll()
    }
}

/// What was asked and is not answered.
private final class Questions: Sendable {
    private struct Question {
        /// Who alone may answer; nil: the answer is to come from elsewhere.
        var server: TransportAddress?
        var answer: EventLoopPromise<BindingPort.Answer?>
    }

    private let open = Mutex<[TransactionID: Question]>([:])

    func ask(_ id: TransactionID, of server: TransportAddress?, _ answer: EventLoopPromise<BindingPort.Answer?>) {
        open.withLock { $0[id] = Question(server: server, answer: answer) }
    }

    func receive(_ bytes: [UInt8], from source: TransportAddress) {
        guard let message = try? Message(decoding: bytes), message.method == .binding else { return }
        let reflexive: TransportAddress?
        switch message.messageClass {
        case .request, .indication: return
        case .successResponse: reflexive = message[XORMappedAddress.self]?.address ?? message[MappedAddress.self]?.address
        case .errorResponse: reflexive = nil
        }
        let question = open.withLock { open -> Question? in
            guard let question = open[message.transactionID], question.server ?? source == source else { return nil }
            return open.removeValue(forKey: message.transactionID)
        }
        let other = message[OtherAddress.self]?.address
        question?.answer.succeed(reflexive.map { BindingPort.Answer(reflexive: $0, other: other) })
    }

    func giveUp(_ id: TransactionID) { open.withLock { $0.removeValue(forKey: id) }?.answer.succeed(nil) }

    func giveUpAll() {
        let left = open.withLock { open in
            defer { open = [:] }
            return open
        }
        for question in left.values { question.answer.succeed(nil) }
    }
}
