import NIOCore

/// How soon the kernel ends a TCP connection whose other end has vanished without a word: its power is cut, or its cable.
///
/// Nobody says so then, and a WebSocket that is silent is given up after 50 to 70 seconds (`WebSocketLimits`). Pinging more often would
/// do, but wakes a program every few seconds that has nothing to do for days. The kernel asks by itself (RFC 9293 §3.8.4, keep-alives):
/// that takes none of the program's time, and 35 bytes a second of the line. Behind a proxy it is the proxy that answers, so a
/// relay that vanishes there is noticed by the WebSocket's silence alone.
struct TCPKeepalive: Hashable, Sendable {
    /// Seconds without anything heard before the kernel asks.
    var idle: CInt
    /// Seconds between two questions.
    var interval: CInt
    /// Questions without an answer that are too many.
    var probes: CInt
    /// Milliseconds that what was sent may be without an acknowledgement: while something is under way the kernel asks nothing, and
    /// would send it again and again for a quarter of an hour (RFC 5482). It also stands in for the number of questions, so it is
    /// a little less than they take.
    var userTimeout: CInt

    /// Of whoever waits at a relay to be rung or met, and must be at another within ten seconds: three to six pass until the kernel
    /// knows, two at most are waited so that not all come at once, and the rest is for the connection. Two questions may get lost.
    static let waiting = TCPKeepalive(idle: 3, interval: 1, probes: 3, userTimeout: 5500)

    /// TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT and TCP_USER_TIMEOUT, linux/tcp.h.
    private static let idleOption: CInt = 4
    private static let intervalOption: CInt = 5
    private static let probesOption: CInt = 6
    private static let userTimeoutOption: CInt = 18

    /// Asks for it, as far as the kernel can.
    func begin(on channel: any Channel) {
        Self.set(Self.idleOption, idle, on: channel)
        Self.set(Self.intervalOption, interval, on: channel)
        Self.set(Self.probesOption, probes, on: channel)
        Self.set(Self.userTimeoutOption, userTimeout, on: channel)
        _ = channel.setOption(.socketOption(.so_keepalive), value: 1)
    }

    /// Leaves the connection to its own patience again.
    static func end(on channel: any Channel) {
        _ = channel.setOption(.socketOption(.so_keepalive), value: 0)
        set(userTimeoutOption, 0, on: channel)
    }

    private static func set(_ option: CInt, _ value: CInt, on channel: any Channel) {
        _ = channel.setOption(.tcpOption(.init(rawValue: option)), value: Int(value))
    }
}
