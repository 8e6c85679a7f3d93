import NIOCore
import Rendezvous
import Session

/// An owner's questions to one relay, one after the other, on a connection of their own.
struct OwnerConversation {
    /// How long an answer may take. A relay of before does not know these questions, and says nothing.
    private static let patience = TimeAmount.seconds(6)
    /// What a relay may say at once; more is forgotten.
    private static let longestBacklog = 64

    private let relay: RelayURL
    private let socket: RendezvousSocket
    private let loop: any EventLoop
    private let events: AsyncStream<RendezvousSocket.Event>
    private let continuation: AsyncStream<RendezvousSocket.Event>.Continuation

    static func open(
        with relay: RelayURL, proxy: ProxyRule?, loop: any EventLoop
    ) async throws(FlowError) -> OwnerConversation {
        let (events, continuation) = AsyncStream.makeStream(
            of: RendezvousSocket.Event.self, bufferingPolicy: .bufferingNewest(longestBacklog))
        let socket = try await Meeting.connect(to: RelayTrust(relay), proxy: proxy, loop: loop) { continuation.yield($0) }.socket
        return OwnerConversation(relay: relay, socket: socket, loop: loop, events: events, continuation: continuation)
    }

    func ask(_ request: OwnerRequest) async throws(FlowError) -> OwnerRequest.Answer {
        socket.send(request.text)
        let deadline = loop.scheduleTask(in: Self.patience) { [continuation] in continuation.yield(.closed) }
        defer { deadline.cancel() }
        var iterator = events.makeAsyncIterator()
        while case .text(let text)? = await iterator.next() {
            if let answer = request.answer(text) { return answer }
        }
        throw FlowError(
            .relayLost, "The relay at \(relay) does not answer. It may be of an earlier version, which knows no such commands.")
    }

    func close() { socket.close() }
}
