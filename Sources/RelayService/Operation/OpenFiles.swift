import CLinuxNet
import Relay

/// How the files that this process may have open are shared out between TURN and its clients' TCP connections.
enum OpenFiles {
    /// The store's, logs', and whatever a library opens for a moment.
    static let spare = 64

    /// Lets the process have as many as its system allows: a shell's usual bound of 1,024 is for programs that call select().
    ///
    /// - Returns: how many that are; 0 when the system does not say.
    static func raiseLimit() -> Int { Int(clamping: ra_raise_file_limit()) }

    /// How many TCP connections of clients there may be.
    ///
    /// TURN's bounds come first, then the connections' own. Where files are few, connections have half of them nevertheless:
    /// all bounds are seldom reached at once, and what TURN then lacks it refuses with 508.
    ///
    /// - Parameters:
    ///   - limit: files that may be open; 0 when that is not known.
    ///   - open: those that are open before the first client.
    ///   - allocations: relayed addresses, of which each is one.
    static func connections(limit: Int, open: Int, allocations: Int) -> Int {
        guard limit > 0 else { return ConnectionLimits.total }
        let others = open + spare + allocations + ConnectionRegistry.limit + DialBackLimits().underWay
        return min(ConnectionLimits.total, max(limit - others, limit / 2))
    }
}
