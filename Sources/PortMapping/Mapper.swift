import Foundation
public import NetPrimitives

/// Asks the router for a port by every method at once, keeps what it got, and gives it back.
///
/// The work is done on threads of its own, because the libraries block; nobody else waits for a router. It begins
/// with `init`. A mapper that is dropped without `close()` gives its mappings back as well, without being waited for.
public final class Mapper: Sendable {
    public enum Event: Hashable, Sendable {
        /// A port is open as the router says, or has become another one: the newer mapping replaces the older one.
        /// Nobody has tried it yet.
        case mapped(Mapping)
        /// The router has confirmed the mapping as it was; whether it still works is to be tried again.
        case renewed(Mapping)
        /// There is no mapping now, or none that can be counted on. It is asked for again; `mapped` follows when that works.
        case lost(MappingMethod, MappingFailure)
        /// This method opens no port here. Nothing more comes from it.
        case failed(MappingMethod, MappingFailure)
    }

    /// How many methods are to open a port.
    public enum Aim: Hashable, Sendable {
        /// One: the first that opens a good one. What the others got is given back.
        case firstGood
        /// Each, to learn what the router can do. Behind several methods there is mostly one table, where one port of ours
        /// has room for one mapping: each method should have a port, and a mapper, of its own.
        case each
    }

    /// How long `close()` waits for a router. What is unanswered by then runs out by itself.
    public static let patienceToClose = Duration.seconds(2)

    /// What happened, as it happens; it ends when every method has failed, or with `close()`. For one consumer.
    public let events: AsyncStream<Event>

    private let continuation: AsyncStream<Event>.Continuation
    private let contest: MappingContest
    private let working: Latch
    private let patience: Duration

    /// Begins to ask.
    ///
    /// - Parameters:
    ///   - methods: Of which those are used that can do what is asked for.
    ///   - records: Where what is open is written down, for the next program to close what this one could not.
    public convenience init(
        _ request: MappingRequest, methods: Set<MappingMethod> = Set(MappingMethod.allCases), aim: Aim = .firstGood,
        records: MappingRecords? = nil
    ) {
        self.init(
            request, gateways: methods.filter { $0.opens(request) }.map { method in { Self.gateway(method, request) } }, aim: aim,
            records: records)
    }

    /// - Parameter gateways: Make the gateways, each on the thread that will use it.
    package init(
        _ request: MappingRequest, gateways: [@Sendable () -> any Gateway], aim: Aim = .firstGood,
        records: MappingRecords? = nil, patienceToClose: Duration = Mapper.patienceToClose
    ) {
        // More events than this lie unread only if nobody reads; then the newest say the most.
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
        working = Latch(count: gateways.count)
        contest = MappingContest(contenders: gateways.count, isRace: aim == .firstGood)
        patience = patienceToClose
        if gateways.isEmpty { continuation.finish() }
        for (number, make) in gateways.enumerated() {
            let contender = contest.contender(number)
            Thread.detachNewThread { [working, continuation] in
                var worker = MappingWorker(gateway: make(), request: request, contender: contender, records: records) { event in
                    if !contender.isOver { continuation.yield(event) }
                }
                worker.run()
                if working.countDown() == 0 { continuation.finish() }
            }
        }
    }

    deinit {
        contest.end()
        continuation.finish()
    }

    /// Takes what somebody outside found out about a mapping: one that leads nowhere is deleted and made anew, with another
    /// port, which `lost` and `mapped` tell.
    public func proved(_ external: TransportAddress, isReachable: Bool) {
        contest.receive(MappingContest.Verdict(external: external, isReachable: isReachable))
    }

    /// The network may be another one: routers are asked now whether they still know what they knew, not within the next half
    /// minute. What one does not know it is asked for.
    public func check() { contest.check() }

    /// Removes the mappings from the router and ends the events; returns after 2 s at the latest.
    public func close() async {
        contest.end()
        continuation.finish()
        await working.wait(atMost: patience)
    }

    private static func gateway(_ method: MappingMethod, _ request: MappingRequest) -> any Gateway {
        switch method {
        case .upnp: request.internalAddress.family == .ipv6 ? PinholeGateway(request) : UPnPGateway(request)
        case .natPMP: NATPMPGateway(request)
        case .pcp: PCPGateway(request)
        }
    }
}
