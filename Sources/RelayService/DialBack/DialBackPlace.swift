import HostNetwork
import Logging
import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives
import Relay

/// Runs the dial-back's machine and its sockets, on one event loop.
actor DialBackPlace {
    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    private struct Dial {
        let answer: CheckedContinuation<DialBackResult, Never>?
        /// nil while it is being opened, and where a listener's is used.
        var channel: (any Channel)?
        /// Where datagrams go; nil over TCP.
        var peer: TransportAddress?
        /// What is to be sent when it is open.
        var waiting: [[UInt8]] = []
        var lastWrite: EventLoopFuture<Void>?
    }

    private let dataPlane: DataPlane
    private let logger: Logger
    private var machine: DialBackServer
    private var dials: [DialBackServer.ID: Dial] = [:]
    private var timer: Scheduled<Void>?
    private var isStopped = false

    /// Longer than that no connection is tried: the machine has given it up.
    private let patience: TimeAmount

    init(dataPlane: DataPlane, loop: any EventLoop, logger: Logger, limits: DialBackLimits = DialBackLimits()) {
        self.dataPlane = dataPlane
        self.loop = loop
        self.logger = logger
        machine = DialBackServer(limits: limits)
        patience = TimeAmount(limits.patience)
    }

    var counters: DialBackServer.Counters { machine.counters }

    /// - Parameters:
    ///   - asker: where the request came from.
    ///   - server: the address of ours that it came to.
    func dial(
        _ request: DialBackRequest, for asker: IPAddress, at server: IPAddress
    ) async throws(DialBackRefusal) -> DialBackResult {
        guard !isStopped else { throw .busy }
        let id = try machine.begin(
            request, for: asker, at: server, listening: dataPlane.listening, policy: dataPlane.peerPolicy,
            now: MonotonicClock.now())
        let result = await withCheckedContinuation { waiting in
            dials[id] = Dial(answer: waiting)
            drain()
        }
        // Anybody can have this written: it names nobody.
        logger.debug("dialled back", metadata: ["transport": "\(request.transport)", "result": "\(result.label)"])
        return result
    }

    /// Ends every dial, and begins no other: connections that ask are there for a while yet.
    func stop() {
        isStopped = true
        timer?.cancel()
        for id in Array(dials.keys) { machine.failed(id, .unreachable) }
        drain()
    }

    // MARK: Sockets

    private func open(
        _ id: DialBackServer.ID, _ transport: TransportProtocol, _ local: IPAddress, _ remote: TransportAddress
    ) {
        let opening: EventLoopFuture<any Channel>
        do {
            let source = try SocketAddress(TransportAddress(ip: local, port: 0))
            switch transport {
            case .tcp:
                opening = ClientBootstrap(group: loop).connectTimeout(patience).bind(to: source)
                    .connect(to: try SocketAddress(remote))
            case .udp:
                dials[id]?.peer = remote
                opening = DatagramBootstrap(group: loop)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(
                                AnswerHandler { [self] bytes, source in assumeIsolated { $0.receive(bytes, source, id) } })
                        }
                    }
                    .bind(to: source)
            }
        } catch {
            return machine.failed(id, .unreachable)
        }
        opening.hop(to: loop).whenComplete { [self] result in assumeIsolated { $0.opened(id, result) } }
    }

    private func opened(_ id: DialBackServer.ID, _ result: Result<any Channel, any Error>) {
        switch result {
        case .success(let channel):
            guard var dial = dials[id] else { return channel.close(promise: nil) }
            dial.channel = channel
            let waiting = dial.waiting
            dial.waiting = []
            dials[id] = dial
            for bytes in waiting { send(bytes, on: id) }
            if dial.peer == nil { machine.connected(id) }
        case .failure(let error):
            let code = (error as? IOError)?.errnoCode
            machine.failed(id, code == ECONNREFUSED || code == ECONNRESET ? .reset : .unreachable)
        }
        drain()
    }

    private func receive(_ bytes: [UInt8], _ source: TransportAddress, _ id: DialBackServer.ID) {
        machine.receive(bytes, from: source, on: id, at: MonotonicClock.now())
        drain()
    }

    private func send(_ bytes: [UInt8], on id: DialBackServer.ID) {
        guard let dial = dials[id] else { return }
        guard let channel = dial.channel else {
            dials[id]?.waiting.append(bytes)
            return
        }
        let data = ByteBuffer(bytes: bytes)
        if let peer = dial.peer.flatMap({ try? SocketAddress($0) }) {
            // One that the system does not take is lost, as any datagram may be.
            channel.writeAndFlush(AddressedEnvelope(remoteAddress: peer, data: data), promise: nil)
        } else {
            dials[id]?.lastWrite = channel.writeAndFlush(data)
        }
    }

    private func finish(_ id: DialBackServer.ID, _ result: DialBackResult) {
        guard let dial = dials.removeValue(forKey: id) else { return }
        if let channel = dial.channel {
            if let lastWrite = dial.lastWrite {
                lastWrite.whenComplete { _ in channel.close(promise: nil) }
            } else {
                channel.close(promise: nil)
            }
        }
        dial.answer?.resume(returning: result)
    }

    // MARK: The machine

    private func drain() {
        while let output = machine.nextOutput() {
            switch output {
            case .open(let id, let transport, let local, let remote): open(id, transport, local, remote)
            case .send(let id, let bytes): send(bytes, on: id)
            case .sendFromListener(let bytes, let client): dataPlane.send(bytes, to: client)
            case .finish(let id, let result): finish(id, result)
            }
        }
        timer?.cancel()
        timer = machine.nextDeadline.map { deadline in
            loop.scheduleTask(in: .until(deadline, from: MonotonicClock.now())) {
                self.assumeIsolated { $0.handleTimeout() }
            }
        }
    }

    private func handleTimeout() {
        machine.handleTimeout(at: MonotonicClock.now())
        drain()
    }
}

/// Hands datagrams up; what the system says of earlier ones is left alone.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let receive: @Sendable ([UInt8], TransportAddress) -> Void

    init(receive: @escaping @Sendable ([UInt8], TransportAddress) -> Void) { self.receive = receive }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let source = TransportAddress(envelope.remoteAddress) else { return }
        receive(Array(envelope.data.readableBytesView), source)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
