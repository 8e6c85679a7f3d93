import NIOCore
import NIOTransport
import NetPrimitives

/// A flow that looks for the node at which the other side waits; all of them take the same steps.
protocol NodeSeeking: AssistanceFlow {
    nonisolated var loop: any EventLoop { get }
    var printer: EventPrinter { get }
    var search: NodeSearch { get set }

    /// Opens a connection to `search.place`, and asks there.
    func arrive() async throws(FlowError)
    /// Closes the connection that there is; what comes by it is not heard any more.
    func leaveNode()
    /// Asks once more by the connection that there is; false when it is gone.
    func askAgain() -> Bool
}

extension NodeSeeking {
    func take(_ step: NodeSearch.Step) {
        switch step {
        case .go: seek()
        case .again(let pause, let isFirst):
            if isFirst { printer.note("The relay looks for the other side…") }
            goOn(after: pause) { if !$0.askAgain() { $0.seek() } }
        case .goBack(let pause): goOn(after: pause) { $0.seek() }
        case .giveUp(let error): finish(error.reason, error.detail)
        }
    }

    private func seek() {
        leaveNode()
        Task {
            do throws(FlowError) { try await self.arrive() } catch {
                if !self.isOver { self.take(self.search.unreachable(error, at: self.now)) }
            }
        }
    }

    private var now: Instant { Instant(nanoseconds: Int64(clamping: loop.now.uptimeNanoseconds)) }

    private func goOn(after pause: Duration, _ next: @escaping @Sendable (isolated Self) -> Void) {
        loop.scheduleTask(in: TimeAmount(pause)) {
            self.assumeIsolated { flow in
                guard !flow.isOver else { return }
                flow.search.goOn()
                next(flow)
            }
        }
    }
}
