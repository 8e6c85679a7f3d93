import Rendezvous
import Session

/// Opens a connection to one of several nodes: the next one is asked as soon as one has failed, and meanwhile when one takes its time;
/// the first that is open is taken. So RFC 8305 §5 does it with the addresses of a name: a host that has vanished does not even
/// refuse, and is not waited for.
enum NodeRace {
    /// How long each has for itself. A node that lives has opened a WebSocket by then: that takes seven round trips with TLS, and it should
    /// not be asked in vain while it has much to do because another one has died.
    static let stagger = Duration.seconds(1)

    private enum Outcome<Line: Sendable>: Sendable {
        case opened(index: Int, Line)
        case failed(index: Int, FlowError)
        case isSlow(index: Int)
    }

    /// - Parameters:
    ///   - nodes: in the order in which they are asked.
    ///   - turn: is over when the one of that index has had its time.
    ///   - open: asks the one of that index; is cancelled when it is not needed any more.
    ///   - discard: closes what is open and came too late.
    /// - Throws: what the first one has failed with. It is the one that was named, or the likeliest to be there: what is wrong with it is
    ///   what can be mended.
    static func run<Line: Sendable>(
        _ nodes: Int, turn: @escaping @Sendable (_ index: Int) async -> Void = { _ in try? await Task.sleep(for: NodeRace.stagger) },
        open: @escaping @Sendable (_ index: Int) async throws(FlowError) -> Line, discard: (Line) -> Void
    ) async throws(FlowError) -> (index: Int, line: Line) {
        let result = await withTaskGroup(of: Outcome<Line>.self) { group -> Result<(index: Int, line: Line), FlowError> in
            var begun = 0
            var underWay = 0
            var isTimeForNext = true
            var failure = FlowError(.relayLost, "There is no relay to ask.")
            // Who is cancelled asks no further ones, and waits for those to end that were asked.
            while begun < nodes && !Task.isCancelled || underWay > 0 {
                if isTimeForNext, begun < nodes, !Task.isCancelled {
                    let index = begun
                    begun += 1
                    underWay += 1
                    group.addTask {
                        do throws(FlowError) { return .opened(index: index, try await open(index)) } catch {
                            return .failed(index: index, error)
                        }
                    }
                    if begun < nodes {
                        group.addTask {
                            await turn(index)
                            return .isSlow(index: index)
                        }
                    }
                }
                switch await group.next() {
                case .opened(let index, let line):
                    group.cancelAll()
                    for await late in group {
                        if case .opened(_, let line) = late { discard(line) }
                    }
                    return .success((index, line))
                case .failed(let index, let error):
                    if index == 0 { failure = error }
                    underWay -= 1
                    isTimeForNext = true
                case .isSlow(let index):
                    isTimeForNext = index == begun - 1
                case nil: begun = nodes
                }
            }
            group.cancelAll()
            return .failure(failure)
        }
        return try result.get()
    }
}
