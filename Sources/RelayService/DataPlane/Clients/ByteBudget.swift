private import Synchronization

/// Counts the bytes of one connection that wait somewhere, so that who is slow or floods hurts itself alone.
///
/// `reserve` before bytes begin to wait, `release` when they do no longer.
final class ByteBudget: Sendable {
    /// Half a second of a 4 Mbit/s picture: more is only delay.
    static let defaultLimit = 256 * 1024

    private let limit: Int
    /// Of the connection: what waits for all of them has a bound too.
    private let account: StreamAccount?
    private let waiting = Atomic<Int>(0)

    init(limit: Int = ByteBudget.defaultLimit, account: StreamAccount? = nil) {
        self.limit = limit
        self.account = account
    }

    /// Bytes that wait now.
    var count: Int { waiting.load(ordering: .relaxed) }

    /// Takes `bytes` from the budget; false when they are to be dropped.
    func reserve(_ bytes: Int) -> Bool {
        let (_, after) = waiting.add(bytes, ordering: .relaxed)
        if after <= limit, account?.reserve(bytes) ?? true { return true }
        waiting.subtract(bytes, ordering: .relaxed)
        return false
    }

    /// Takes as much of `bytes` as there is left; how much.
    func reserve(upTo bytes: Int) -> Int {
        let (_, after) = waiting.add(bytes, ordering: .relaxed)
        let granted = bytes - min(bytes, max(0, after - limit))
        let isThere = account?.reserve(granted) ?? true
        waiting.subtract(isThere ? bytes - granted : bytes, ordering: .relaxed)
        return isThere ? granted : 0
    }

    func release(_ bytes: Int) {
        waiting.subtract(bytes, ordering: .relaxed)
        account?.release(bytes)
    }
}
