private import Synchronization

/// Counts the bytes of one connection that wait somewhere, so that who is slow or floods hurts itself alone.
///
/// `reserve` before bytes begin to wait, `release` when they do no longer.
public final class ByteBudget: Sendable {
    /// Half a second of a 4 Mbit/s picture: more is only delay.
    public static let defaultLimit = 256 * 1024

    private let limit: Int
    private let waiting = Atomic<Int>(0)

    public init(limit: Int = ByteBudget.defaultLimit) { self.limit = limit }

    /// Bytes that wait now.
    public var count: Int { waiting.load(ordering: .relaxed) }

    /// Takes `bytes` from the budget; false when they are to be dropped.
    public func reserve(_ bytes: Int) -> Bool {
        let (_, after) = waiting.add(bytes, ordering: .relaxed)
        if after <= limit { return true }
        release(bytes)
        return false
    }

    /// Takes as much of `bytes` as there is left; how much.
    public func reserve(upTo bytes: Int) -> Int {
        let (_, after) = waiting.add(bytes, ordering: .relaxed)
        let excess = min(bytes, max(0, after - limit))
        release(excess)
        return bytes - excess
    }

    public func release(_ bytes: Int) { waiting.subtract(bytes, ordering: .relaxed) }
}
