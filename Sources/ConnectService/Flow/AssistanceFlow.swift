public import Session

/// What both sides' flows have in common: they run once, take the person's lines, and end once.
public protocol AssistanceFlow: Actor {
    /// Does everything up to the point where only events move the flow.
    func begin() async throws
    /// Gives back what the flow holds: the path, the router's doors, the screen, the window.
    func cleanUp() async
    /// Takes a line of standard input.
    func perform(line: String)
    /// Ends the flow, and tells the peer if there is one.
    func finish(_ reason: EndReason, _ detail: String)
    /// How the flow ended; nil while it runs.
    var end: FlowEnd { get set }
}

extension AssistanceFlow {
    /// Runs until the session is over; cleans up behind itself.
    public func run() async -> ExitCode {
        let beginning = Task {
            do {
                try await begin()
            } catch let error as FlowError {
                finish(error.reason, error.detail)
            } catch {
                finish(.error, "\(error)")
            }
        }
        let reason = await over()
        beginning.cancel()
        await cleanUp()
        return ExitCode(reason)
    }

    /// Ctrl-C: ends in order.
    public func stop() { finish(.finished, "") }

    var isOver: Bool { end.reason != nil }

    /// Whether it ended because nobody is at the other end.
    var hasLostPeer: Bool {
        switch end.reason {
        case .peerLost, .relayLost, .noPath: true
        case .finished, .declined, .timeout, .policy, .invitationExpired, .invitationUsed, .invitationRevoked,
            .wrongCode, .displayLost, .error, nil: false
        }
    }

    private func over() async -> EndReason {
        if let reason = end.reason { return reason }
        return await withCheckedContinuation { end.wait($0) }
    }
}

/// The end of a flow: concluded once, waited for once.
public struct FlowEnd: Sendable {
    public private(set) var reason: EndReason?
    private var waiter: CheckedContinuation<EndReason, Never>?

    init() {}

    /// Only the first conclusion counts.
    mutating func conclude(_ reason: EndReason) {
        guard self.reason == nil else { return }
        self.reason = reason
        waiter?.resume(returning: reason)
        waiter = nil
    }

    fileprivate mutating func wait(_ continuation: CheckedContinuation<EndReason, Never>) { waiter = continuation }
}
