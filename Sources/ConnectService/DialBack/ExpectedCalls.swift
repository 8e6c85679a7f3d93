import NIOCore
import NetPrimitives
import STUN
import Synchronization

/// Who is expected at one port; no more at once than its owner expects.
final class ExpectedCalls: Sendable {
    private struct State {
        var calls = DialBackCalls()
        var waiting: [TransactionID: EventLoopPromise<TransportAddress>] = [:]
        var answer: (@Sendable ([UInt8], TransportAddress) -> Void)?
        var isClosed = false
    }

    /// A Binding request with FINGERPRINT has 28 octets; some attributes more would still be a call.
    private static let longestCall = 64

    private let state = Mutex(State())

    /// How an answer is sent; over TCP there is none.
    var answer: (@Sendable ([UInt8], TransportAddress) -> Void)? {
        get { state.withLock { $0.answer } }
        set { state.withLock { $0.answer = newValue } }
    }

    func expect(_ nonce: TransactionID, _ promise: EventLoopPromise<TransportAddress>) {
        let isClosed = state.withLock { state in
            guard !state.isClosed else { return true }
            state.calls.expect(nonce)
            state.waiting[nonce] = promise
            return false
        }
        if isClosed { promise.fail(ChannelError.ioOnClosedChannel) }
    }

    /// Takes a datagram or what a connection began with, and answers it when it is a call.
    ///
    /// - Returns: whether it was a call that is expected here.
    func receive(_ bytes: [UInt8], from source: TransportAddress) -> Bool {
        guard let answer = take(bytes, from: source) else { return false }
        state.withLock { $0.answer }?(answer, source)
        return true
    }

    /// - Returns: the answer to send from where it came to; nil for what is no call that we expect.
    func take(_ bytes: [UInt8], from source: TransportAddress) -> [UInt8]? {
        // Most of what comes to a port with a session on it is a picture, and longer than any call.
        guard bytes.count <= Self.longestCall else { return nil }
        let (call, promise) = state.withLock { state in
            let call = state.calls.receive(bytes, from: source)
            return (call, call.flatMap { state.waiting.removeValue(forKey: $0.nonce) })
        }
        promise?.succeed(source)
        return call?.answer
    }

    /// Nobody comes any more with this nonce, or nobody cares.
    func forget(_ nonce: TransactionID) {
        let promise = state.withLock { state in
            state.calls.forget(nonce)
            return state.waiting.removeValue(forKey: nonce)
        }
        promise?.fail(ChannelError.ioOnClosedChannel)
    }

    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            state.answer = nil
            defer { state.waiting = [:] }
            return state.waiting
        }
        for promise in waiting.values { promise.fail(ChannelError.ioOnClosedChannel) }
    }
}
