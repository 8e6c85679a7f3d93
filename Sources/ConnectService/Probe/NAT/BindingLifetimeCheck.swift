import HostNetwork
import NIOCore
import NetPrimitives

/// Finds out how long a binding lives without traffic: leaves some alone, and has the relay call in by each after a while,
/// from the very port that it was made towards.
struct BindingLifetimeCheck: Sendable {
    private let loop: any EventLoop
    private let progress: ProbeProgress
    /// Made when it is needed: what has a time limit would be over by then.
    private let dialBack: @Sendable () -> SharedDialBack

    init(loop: any EventLoop, progress: ProbeProgress, dialBack: @escaping @Sendable () -> SharedDialBack) {
        self.loop = loop
        self.progress = progress
        self.dialBack = dialBack
    }

    /// - Returns: nil when no binding could be made, or no relay calls in.
    func run(from local: IPAddress, at server: TransportAddress) async -> BindingLifetime? {
        // Without a wait the relay's call must come in: else its silence later would mean nothing.
        guard await lives(.zero, from: local, at: server) == true else { return nil }
        var search = BindingLifetimeSearch()
        while true {
            let pauses = search.nextRound()
            guard !pauses.isEmpty, !Task.isCancelled else { return search.lifetime }
            await withTaskGroup(of: (Duration, Bool?).self) { group in
                for pause in pauses {
                    group.addTask {
                        await progress.during("a binding left alone for \(pause.components.seconds) s") {
                            (pause, await lives(pause, from: local, at: server))
                        }
                    }
                }
                for await (pause, hasLived) in group {
                    if let hasLived { search.record(pause, hasLived: hasLived) }
                    // Those that wait for longer would only find the same.
                    if hasLived == false { group.cancelAll() }
                }
            }
        }
    }

    /// Makes a binding, leaves it alone, and says whether it still leads in; nil when that could not be tried.
    private func lives(_ pause: Duration, from local: IPAddress, at server: TransportAddress) async -> Bool? {
        guard let port = try? await BindingPort.open(on: local, loop: loop) else { return nil }
        defer { port.close() }
        guard let answer = await port.ask(server, within: ProbePatience().answer), (try? await Task.sleep(for: pause)) != nil
        else { return nil }
        let inbound = await dialBack().reach(.udp, port: answer.reflexive.port, seenAt: answer.reflexive.ip, via: server.port) {
            port.expect($0)
        }
        switch inbound {
        case .open: return true
        case .refused, .filtered: return false
        case .untested: return nil
        }
    }
}
