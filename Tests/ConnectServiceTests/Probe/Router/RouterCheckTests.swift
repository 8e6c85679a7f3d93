import ConnectService
import NetPrimitives
import PortMapping
import Synchronization
import Testing

@Suite("Having the router open a port")
struct RouterCheckTests {
    @Test("each method's first answer is told, and what was opened is closed again")
    func opensAndCloses() async {
        let released = Counter()
        let ports = Mutex<Set<UInt16>>([])
        let answers: [MappingMethod: Answer] = [
            .upnp: .granted(external), .natPMP: .failed(.notAuthorized), .pcp: .later(.outOfResources, after: .seconds(30)),
        ]
        let report = await RouterCheck(loop: FakeServer.loop, patience: .seconds(10), makeMapper: { request, method in
            ports.withLock { _ = $0.insert(request.internalAddress.port) }
            return Mapper(
                request,
                gateways: [
                    {
                        FakeRouter(
                            method: method, request: request, answer: answers[method] ?? .conflict, released: released)
                    }
                ])
        }, call: { port, seenAt, _ in
            #expect(released.count == 0, "it is dialled while it is open")
            return port == 6000 && seenAt == IPAddress("11.22.33.21") ? .open : .filtered(why: "")
        }).run(from: .loopbackV4)
        #expect(report.upnp.isReachable == true)
        #expect(ports.withLock { $0.count } == 3, "one port of ours for each method")
        #expect(report.pcp == .failed(.outOfResources))
        #expect(report.upnp.mapping?.external == external.external)
        #expect(report.upnp.mapping?.router == "a fake")
        #expect(report.natPMP == .failed(.notAuthorized))
        #expect(report.natPMP.isPresent)
        #expect(report.usable != nil)
        #expect(released.count == 1)
    }

    @Test("no router, and none that says anything")
    func nobody() async {
        let report = await RouterCheck(loop: FakeServer.loop, patience: .seconds(10), makeMapper: { request, _ in Mapper(request, gateways: []) }) { _, _, _ in
            .open
        }.run(from: nil)
        #expect(report == PortMappingReport())
        #expect(!report.upnp.isPresent)
        #expect(report.usable == nil)
    }

    @Test("a check that is cancelled closes what was opened")
    func cancelled() async {
        let released = Counter()
        let external = external
        let (asked, continuation) = AsyncStream.makeStream(of: Void.self)
        let checking = Task {
            await RouterCheck(loop: FakeServer.loop, patience: .seconds(60), makeMapper: { request, method in
                Mapper(
                    request,
                    gateways: method != .upnp ? [] : [
                        {
                            FakeRouter(
                                method: method, request: request, answer: .granted(external), released: released,
                                whenAsked: { continuation.yield() })
                        }
                    ])
            }) { _, _, _ in .untested(why: "") }.run(from: .loopbackV4)
        }
        _ = await asked.first { true }
        checking.cancel()
        _ = await checking.value
        #expect(released.count == 1)
    }

    private let external = Grant(external: address("11.22.33.21:6000"), lifetime: .seconds(120))
}

private struct FakeRouter: Gateway {
    let method: MappingMethod
    let request: MappingRequest
    let answer: Answer
    let released: Counter
    var whenAsked: @Sendable () -> Void = {}

    var internalAddress: TransportAddress { request.internalAddress }
    var router: String? { "a fake" }

    func find() throws(MappingFailure) {}
    func answer(to ask: Ask) -> Answer {
        whenAsked()
        return answer
    }
    func release(externalPort: UInt16) -> Release {
        _ = released.next()
        return .closed
    }
}
