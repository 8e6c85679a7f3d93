import Foundation

/// Asks the router for a port by every method at once, keeps what it got, and gives it back.
///
/// The work is done on threads of its own, because the libraries block; nobody else waits for a router. It begins
/// with `init`. A mapper that is dropped without `close()` gives its mappings back as well, without being waited for.
public final class Mapper: Sendable {
    public enum Event: Hashable, Sendable {
        /// A port is open, or has become another one: the newer mapping of a method replaces the older one.
        case mapped(Mapping)
        /// The port can no longer be counted on. It is asked for again; `mapped` follows when that works.
        case lost(MappingMethod, MappingFailure)
        /// This method opens no port here. Nothing more comes from it.
        case failed(MappingMethod, MappingFailure)
    }

    /// How long `close()` waits for a router. What is unanswered by then runs out by itself.
    public static let patienceToClose = Duration.seconds(2)

    /// What happened, as it happens; it ends when every method has failed, or with `close()`. For one consumer.
    public let events: AsyncStream<Event>

    private let continuation: AsyncStream<Event>.Continuation
    private let stop = StopSignal()
    private let working: Latch
    private let patience: Duration

    /// Begins to ask.
    public convenience init(_ request: MappingRequest, methods: Set<MappingMethod> = Set(MappingMethod.allCases)) {
        self.init(request, gateways: methods.map { method in { Self.gateway(method, request) } })
    }

    /// - Parameter gateways: Make the gateways, each on the thread that will use it.
    package init(
        _ request: MappingRequest, gateways: [@Sendable () -> any Gateway],
        patienceToClose: Duration = Mapper.patienceToClose
    ) {
        // More events than this lie unread only if nobody reads; then the newest say the most.
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
        working = Latch(count: gateways.count)
        patience = patienceToClose
        if gateways.isEmpty { continuation.finish() }
        for make in gateways {
            Thread.detachNewThread { [stop, working, continuation] in
                var worker = MappingWorker(gateway: make(), request: request, stop: stop) { event in
                    if !stop.isSet { continuation.yield(event) }
                }
                worker.run()
                if working.countDown() == 0 { continuation.finish() }
            }
        }
    }

    deinit {
        stop.set()
        continuation.finish()
    }

    /// Removes the mappings from the router and ends the events; returns after 2 s at the latest.
    public func close() async {
        stop.set()
        continuation.finish()
        await working.wait(atMost: patience)
    }

    private static func gateway(_ method: MappingMethod, _ request: MappingRequest) -> any Gateway {
        switch method {
        case .upnp: UPnPGateway(request)
        case .natPMP: NATPMPGateway(request)
        }
    }
}
