@testable import Session
import Testing

/// Every state of one end × everything that can happen to it.
@Suite("one end of a forwarded connection")
struct ForwardedConnectionTests {
    static let place = Destination(host: "printer", port: 80)!

    /// How it came to where it is.
    enum State: String, CaseIterable {
        case helperConnecting, sharerConnecting, helperOpen, sharerOpen, readEnded, heardEnd, bothEnded, over
    }

    enum Happening: String, CaseIterable {
        case connected, connectFailed, read, readEnd, wrote, broke, socketClosed, channelClosed
        case opened, failed, data, tooMuchData, credit, tooMuchCredit, end, reset, noise, later
    }

    static func connection(_ state: State) -> ForwardedConnection {
        var limits = ForwardingLimits()
        limits.window = 100
        func make(_ role: Role) -> ForwardedConnection {
            var connection = ForwardedConnection(role: role, destination: place, limits: limits)
            connection.receive(ForwardingMessage.credit(100).encoded())
            return connection
        }
        func open(_ role: Role) -> ForwardedConnection {
            var connection = make(role)
            if role == .helper { connection.receive(ForwardingMessage.opened.encoded()) } else { connection.connected() }
            return connection
        }
        var connection: ForwardedConnection
        switch state {
        case .helperConnecting: connection = make(.helper)
        case .sharerConnecting: connection = make(.sharer)
        case .helperOpen: connection = open(.helper)
        case .sharerOpen: connection = open(.sharer)
        case .readEnded:
            connection = open(.helper)
            connection.readEnded()
        case .heardEnd:
            connection = open(.sharer)
            connection.receive(ForwardingMessage.end.encoded())
        case .bothEnded:
            connection = open(.sharer)
            connection.readEnded()
            connection.receive(ForwardingMessage.end.encoded())
        case .over:
            connection = open(.helper)
            connection.breakOff()
        }
        _ = drain(&connection)
        return connection
    }

    static func drain(_ connection: inout ForwardedConnection) -> (messages: [ForwardingMessage], events: [ForwardingEvent]) {
        var messages: [ForwardingMessage] = []
        while let message = connection.nextMessage() { messages.append(message) }
        return (messages, connection.takeEvents())
    }

    static func cause(_ happening: Happening, _ connection: inout ForwardedConnection) {
        func say(_ message: ForwardingMessage) { connection.receive(message.encoded()) }
        switch happening {
        case .connected: connection.connected()
        case .connectFailed: connection.connectFailed(.refused)
        case .read: connection.read([1, 2, 3])
        case .readEnd: connection.readEnded()
        case .wrote: connection.wrote(50)
        case .broke: connection.socketBroke()
        case .socketClosed: connection.socketClosed()
        case .channelClosed: connection.channelClosed()
        case .opened: say(.opened)
        case .failed: say(.failed(.timedOut))
        case .data: say(.data([9]))
        case .tooMuchData: say(.data(Array(repeating: 9, count: 101)))
        case .credit: say(.credit(7))
        case .tooMuchCredit: say(.credit(.max))
        case .end: say(.end)
        case .reset: say(.reset)
        case .noise: connection.receive([3])
        case .later: connection.receive([99, 1])
        }
    }

    /// What comes of it: messages for the other end, and what is done here.
    static func outcome(_ state: State, _ happening: Happening) -> (messages: [ForwardingMessage], events: [ForwardingEvent]) {
        let nothing: ([ForwardingMessage], [ForwardingEvent]) = ([], [])
        let brokenOff: ([ForwardingMessage], [ForwardingEvent]) = ([.reset], [.reset, .closeChannel])
        if state == .over || happening == .later { return nothing }
        let (isConnecting, isEnded) = (state == .helperConnecting || state == .sharerConnecting, state == .bothEnded)
        // Both directions have ended at `bothEnded`: what was read is sent, and it is over.
        if isEnded { return nothing }
        switch happening {
        case .connected: return state == .sharerConnecting ? ([.opened, .credit(100)], [.read]) : nothing
        case .connectFailed: return state == .sharerConnecting ? ([.failed(.refused)], [.closeChannel]) : nothing
        case .read:
            if isConnecting || state == .readEnded { return nothing }
            return ([.data([1, 2, 3])], [.read])
        case .readEnd:
            if isConnecting || state == .readEnded { return nothing }
            return state == .heardEnd ? ([.end], [.finish, .closeChannel]) : ([.end], [])
        case .wrote: return isConnecting || state == .heardEnd ? nothing : ([.credit(50)], [])
        case .broke: return brokenOff
        case .socketClosed: return brokenOff
        case .channelClosed: return ([], [.reset])
        case .opened: return state == .helperConnecting ? ([], [.opened(place), .read]) : brokenOff
        case .failed: return state == .helperConnecting ? ([], [.failed(place, .timedOut), .reset, .closeChannel]) : brokenOff
        case .data: return isConnecting || state == .heardEnd ? brokenOff : ([], [.write([9])])
        case .tooMuchData, .tooMuchCredit, .noise: return brokenOff
        case .credit: return nothing
        case .end:
            if isConnecting || state == .heardEnd { return brokenOff }
            return state == .readEnded ? ([], [.writeEnd, .finish, .closeChannel]) : ([], [.writeEnd])
        case .reset: return ([], [.reset, .closeChannel])
        case .later: return nothing
        }
    }

    @Test("does this, whatever happens in whichever state", arguments: State.allCases, Happening.allCases)
    func table(state: State, happening: Happening) {
        var connection = Self.connection(state)
        Self.cause(happening, &connection)
        var (messages, events) = Self.drain(&connection)
        let expected = Self.outcome(state, happening)
        // A socket that is gone already is not told to reset.
        if happening == .socketClosed { events.removeAll { $0 == .reset } }
        #expect(messages == expected.messages)
        #expect(events == expected.events.filter { happening != .socketClosed || $0 != .reset })
    }

    @Test("waits for credit, sends in pieces, and reads no further ahead than its bound")
    func credit() {
        var limits = ForwardingLimits()
        limits.readAhead = 10
        var connection = ForwardedConnection(role: .sharer, destination: Self.place, limits: limits)
        connection.connected()
        #expect(Self.drain(&connection).events == [.connect(Self.place), .read])
        connection.read(Array(0..<20))
        let waiting = Self.drain(&connection)
        #expect(waiting.messages.isEmpty && waiting.events.isEmpty, "nothing is allowed, and enough was read")
        #expect(connection.waitingBytes == 20)
        connection.receive(ForwardingMessage.credit(6).encoded())
        let first = Self.drain(&connection)
        #expect(first.messages == [.data(Array(0..<6))] && first.events.isEmpty)
        connection.readEnded()
        connection.receive(ForwardingMessage.credit(14).encoded())
        #expect(Self.drain(&connection).messages == [.data(Array(6..<20)), .end], "the end comes after all that was read")
    }

    @Test("gives credit back as the application takes what came, and no sooner")
    func window() {
        var connection = Self.connection(.helperOpen)
        connection.receive(ForwardingMessage.data(Array(repeating: 1, count: 100)).encoded())
        _ = Self.drain(&connection)
        connection.wrote(24)
        #expect(Self.drain(&connection).messages.isEmpty, "less than a quarter is not worth a message")
        connection.wrote(1)
        #expect(Self.drain(&connection).messages == [.credit(25)])
        connection.receive(ForwardingMessage.data(Array(repeating: 1, count: 25)).encoded())
        #expect(Self.drain(&connection).events.count == 1)
        connection.receive(ForwardingMessage.data([1]).encoded())
        #expect(Self.drain(&connection).messages == [.reset], "more than was allowed")
    }

    @Test("keeps quiet while its channel is full, and goes on where it was")
    func full() {
        var connection = Self.connection(.helperOpen)
        connection.isBlocked = true
        connection.read([1, 2, 3])
        connection.wrote(50)
        #expect(connection.nextMessage() == nil)
        connection.isBlocked = false
        #expect(Self.drain(&connection).messages == [.credit(50), .data([1, 2, 3])])
        connection.read([4])
        guard let message = connection.nextMessage() else { return }
        connection.giveBack(message)
        #expect(Self.drain(&connection).messages == [.data([4])], "what was not taken is not lost")
        connection.readEnded()
        if let end = connection.nextMessage() { connection.giveBack(end) }
        #expect(Self.drain(&connection).messages == [.end])
    }

    @Test("what was read is sent when the socket has ended in both directions, and lost when it broke")
    func lastBytes() {
        var connection = Self.connection(.helperOpen)
        connection.isBlocked = true
        connection.read([1, 2, 3])
        connection.readEnded()
        connection.receive(ForwardingMessage.end.encoded())
        connection.socketClosed()
        connection.isBlocked = false
        #expect(Self.drain(&connection).messages == [.data([1, 2, 3]), .end])
        #expect(!connection.isGone)
        connection.channelClosed()
        #expect(connection.isGone)
    }

    @Test("is gone when socket and channel are, and not before", arguments: [false, true])
    func gone(socketFirst: Bool) {
        var connection = Self.connection(.over)
        if socketFirst { connection.socketClosed() } else { connection.channelClosed() }
        #expect(!connection.isGone)
        if socketFirst { connection.channelClosed() } else { connection.socketClosed() }
        #expect(connection.isGone)
    }
}
