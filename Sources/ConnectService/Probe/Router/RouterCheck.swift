import HostNetwork
package import NIOCore
package import NetPrimitives
package import PortMapping

/// Has the router open a port by each method, has the relay dial it, and closes it again. Each has a port of ours for itself: behind several methods
/// there is mostly one table, where one port of ours has room for one mapping.
package struct RouterCheck: Sendable {
    private let loop: any EventLoop
    private let patience: Duration
    private let makeMapper: @Sendable (MappingRequest, MappingMethod) -> Mapper
    private let call: NATCheck.Call

    /// - Parameters:
    ///   - patience: for a router's first answer.
    ///   - makeMapper: for a port of ours, by one method.
    ///   - call: has the relay dial what the router opened.
    package init(
        loop: any EventLoop, patience: Duration,
        makeMapper: @escaping @Sendable (MappingRequest, MappingMethod) -> Mapper,
        call: @escaping NATCheck.Call
    ) {
        self.loop = loop
        self.patience = patience
        self.makeMapper = makeMapper
        self.call = call
    }

    /// Cancelling ends the waiting; what was opened is closed all the same.
    ///
    /// - Parameters:
    ///   - local: the address that faces the relay; the router's side is chosen when it can be no router's.
    ///   - hasIPv4: whether this computer has an address of IPv4, for which routers open ports first of all.
    package func run(from local: IPAddress?, hasIPv4: Bool = Self.hasIPv4) async -> PortMappingReport {
        let facing = local.flatMap { !$0.isLoopback && ($0.family == .ipv4 || !hasIPv4) ? $0 : nil } ?? .anyV4
        return await withTaskGroup(of: (MappingMethod, PortMappingReport.Method).self) { group in
            for method in MappingMethod.allCases {
                group.addTask { (method, await run(method, from: facing)) }
            }
            var answers: [MappingMethod: PortMappingReport.Method] = [:]
            for await (method, answer) in group { answers[method] = answer }
            return PortMappingReport(
                upnp: answers[.upnp] ?? .silent, natPMP: answers[.natPMP] ?? .silent, pcp: answers[.pcp] ?? .silent)
        }
    }

    package static var hasIPv4: Bool {
        HostInterface.all().map(\.address).contains { $0.family == .ipv4 && !$0.isLoopback && !$0.isLinkLocal }
    }

    private func run(_ method: MappingMethod, from facing: IPAddress) async -> PortMappingReport.Method {
        // A port of our own, so that what the router opens leads to nobody else.
        guard let port = try? await CallListener.open(.udp, on: facing, loop: loop) else { return .silent }
        defer { port.close() }
        let mapper = makeMapper(
            MappingRequest(
                internalAddress: port.local, transport: .udp, description: "Remote assistance probe",
                lifetime: Self.lifetime), method)
        let collecting = Task { await Self.firstAnswer(of: mapper) }
        let alarm = loop.scheduleTask(in: TimeAmount(patience)) { collecting.cancel() }
        var answer = await withTaskCancellationHandler {
            await collecting.value
        } onCancel: {
            collecting.cancel()
        }
        alarm.cancel()
        if let mapping = answer.mapping {
            answer = .mapped(mapping, await call(mapping.external.port, mapping.external.ip, { port.expect($0) }))
        }
        await mapper.close()
        return answer
    }

    /// Should the probe be killed before it has closed the port; some routers grant no less than two minutes.
    private static let lifetime = Duration.seconds(120)

    private static func firstAnswer(of mapper: Mapper) async -> PortMappingReport.Method {
        for await event in mapper.events {
            switch event {
            case .mapped(let mapping), .renewed(let mapping): return .mapped(mapping, .untested(why: "Nobody has tried it."))
            case .failed(_, let failure), .lost(_, let failure): return .failed(failure)
            }
        }
        return .silent
    }
}
