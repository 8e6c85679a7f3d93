import Glibc
import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives

/// The TCP listeners of `--door`, one on each address of this host, and who stands there and has shown nothing yet.
///
/// Confined to its peer connection.
final class Door {
    /// Takes a connection that has come, before anything of it is read.
    ///
    /// - Returns: false to send it away.
    typealias Arrival = @Sendable (_ channel: any Channel, _ ends: StreamEnds) -> Bool

    private struct Guest {
        let channel: any Channel
        var threshold = Threshold()
    }

    /// Connections that the system has accepted and we have not looked at; a peer opens a few.
    private static let backlog: Int32 = 16

    /// Where addresses that come later are listened at, too.
    private(set) var port: UInt16
    private var listeners: [TransportAddress: any Channel] = [:]
    private var places = Guests()
    private var guests: [Int: Guest] = [:]

    /// Listens nowhere yet.
    init(port: UInt16) { self.port = port }

    var addresses: [TransportAddress] { Array(listeners.keys) }

    // MARK: Listening

    /// Keeps what `listen` has opened.
    ///
    /// - Returns: where that is.
    func add(_ listener: any Channel) -> TransportAddress? {
        guard let local = listener.localAddress.flatMap(TransportAddress.init) else {
            listener.close(promise: nil)
            return nil
        }
        listeners[local] = listener
        port = local.port
        return local
    }

    /// Nobody comes in there any more.
    func close(_ address: TransportAddress) { listeners.removeValue(forKey: address)?.close(promise: nil) }

    func close() {
        for address in addresses { close(address) }
        for number in guests.keys { sendAway(number) }
    }

    /// Listens at an address; port 0 lets the system choose.
    ///
    /// - Returns: nil for an address that cannot be used, or not yet.
    static func listen(
        on ip: IPAddress, port: UInt16, loop: any EventLoop, arrival: @escaping Arrival
    ) async throws(DoorError) -> (any Channel)? {
        do {
            return try await ServerBootstrap(group: loop)
                .serverChannelOption(.backlog, value: backlog)
                // A session may have ended here a moment ago.
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        guard let local = channel.localAddress.flatMap(TransportAddress.init),
                            let remote = channel.remoteAddress.flatMap(TransportAddress.init)
                        else { throw ChannelError.unknownLocalAddress }
                        guard arrival(channel, StreamEnds(base: local, remote: remote)) else { throw ChannelError.eof }
                    }
                }
                .bind(to: SocketAddress(TransportAddress(ip: ip, port: port))).get()
        } catch let error as IOError {
            switch error.errnoCode {
            case EADDRINUSE: throw DoorError(port: port, why: .inUse)
            case EACCES, EPERM: throw DoorError(port: port, why: .notPermitted)
            case EADDRNOTAVAIL: return nil
            default: throw DoorError(port: port, why: .other("\(error)"))
            }
        } catch {
            throw DoorError(port: port, why: .other("\(error)"))
        }
    }

    // MARK: Guests

    var nextDeadline: Instant? { places.nextDeadline }

    func admit(_ number: Int, _ channel: any Channel, from source: IPAddress, at now: Instant) {
        places.admit(number, from: source, at: now).map(sendAway)
        guests[number] = Guest(channel: channel)
    }

    /// What a guest has shown so far; nil for one that is none any more.
    func receive(_ bytes: [UInt8], from number: Int) -> Threshold.Outcome? { guests[number]?.threshold.receive(bytes) }

    /// It is a guest no more: it has shown what it is, or is gone.
    @discardableResult
    func release(_ number: Int) -> (any Channel)? {
        places.remove(number)
        return guests.removeValue(forKey: number)?.channel
    }

    /// Without a word: whoever looks for open ports learns nothing of what is behind this one.
    func sendAway(_ number: Int) { release(number)?.close(promise: nil) }

    func handleTimeout(at now: Instant) { for number in places.handleTimeout(at: now) { sendAway(number) } }
}
