import NIOCore
import NetPrimitives
import Relay
import Synchronization

/// What the bans say of TCP connections: who gets none, and which of those that are open end. It keeps as many as `ConnectionLimits`
/// admits, with where they come from.
final class BanGate: Sendable {
    private struct State {
        var rules: BanRules
        var open: [ObjectIdentifier: (source: IPAddress, channel: any Channel)] = [:]
        var closed: UInt64 = 0
        var refused: UInt64 = 0
    }

    private let state: Mutex<State>

    init(_ rules: BanRules = BanRules()) { state = Mutex(State(rules: rules)) }

    /// What holds now.
    var rules: BanRules { state.withLock { $0.rules } }

    /// Connections that were open when a ban came to cover them, and those that were closed as they came.
    var counts: (closed: UInt64, refused: UInt64) { state.withLock { ($0.closed, $0.refused) } }

    /// Keeps a connection until `forget`; false when a ban covers its source.
    func admit(_ channel: any Channel, from source: IPAddress) -> Bool {
        state.withLock { state in
            guard !state.rules.cover(source) else {
                state.refused &+= 1
                return false
            }
            state.open[ObjectIdentifier(channel)] = (source, channel)
            return true
        }
    }

    func forget(_ channel: any Channel) { state.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(channel)) } }

    /// Takes other bans, and closes the connections that they cover.
    ///
    /// - Returns: how many they are.
    func enforce(_ rules: BanRules) -> Int {
        let covered = state.withLock { state in
            state.rules = rules
            guard !rules.addresses.isEmpty else { return [any Channel]() }
            let covered = state.open.values.filter { rules.cover($0.source) }.map(\.channel)
            state.closed &+= UInt64(covered.count)
            return covered
        }
        for channel in covered { channel.cut() }
        return covered.count
    }
}
