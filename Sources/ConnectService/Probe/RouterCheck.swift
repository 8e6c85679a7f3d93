package import NIOCore
package import NetPrimitives
package import PortMapping

/// Has the router open a port by each method, and close it again.
package struct RouterCheck: Sendable {
    private let loop: any EventLoop
    private let patience: Duration
    private let makeMapper: @Sendable (MappingRequest) -> Mapper

    package init(
        loop: any EventLoop, patience: Duration,
        makeMapper: @escaping @Sendable (MappingRequest) -> Mapper = { Mapper($0) }
    ) {
        self.loop = loop
        self.patience = patience
        self.makeMapper = makeMapper
    }

    /// Cancelling ends the waiting; what was opened is closed all the same.
    ///
    /// - Parameter local: the address that faces the relay; the router's side is chosen when it can be no router's.
    package func run(from local: IPAddress?) async -> PortMappingReport {
        let facing = local.flatMap { $0.family == .ipv4 && !$0.isLoopback ? $0 : nil } ?? .anyV4
        // A port of our own, so that what the router opens leads to nobody else.
        guard let socket = try? await DatagramSocket.open(on: facing, loop: loop, receive: { _, _, _ in }) else {
            return PortMappingReport()
        }
        defer { socket.close() }
        let mapper = makeMapper(
            MappingRequest(
                internalAddress: socket.local, transport: .udp, description: "Remote assistance probe",
                lifetime: Self.lifetime))
        let collecting = Task { await Self.firstAnswers(of: mapper) }
        let alarm = loop.scheduleTask(in: TimeAmount(patience)) { collecting.cancel() }
        let report = await withTaskCancellationHandler {
            await collecting.value
        } onCancel: {
            collecting.cancel()
        }
        alarm.cancel()
        await mapper.close()
        return report
    }

    /// Should the probe be killed before it has closed the port; some routers grant no less than two minutes.
    private static let lifetime = Duration.seconds(120)

    private static func firstAnswers(of mapper: Mapper) async -> PortMappingReport {
        var answers: [MappingMethod: PortMappingReport.Method] = [:]
        for await event in mapper.events {
            switch event {
            case .mapped(let mapping): answers[mapping.method] = answers[mapping.method] ?? .mapped(mapping)
            case .failed(let method, let failure): answers[method] = answers[method] ?? .failed(failure)
            case .lost: break
            }
            if answers.count == MappingMethod.allCases.count { break }
        }
        return PortMappingReport(upnp: answers[.upnp] ?? .silent, natPMP: answers[.natPMP] ?? .silent)
    }
}
