public import NIOCore
public import NetPrimitives

extension TimeAmount {
    /// How long an event loop waits for a machine's deadline; nothing when it has passed.
    public static func until(_ deadline: Instant, from now: Instant) -> TimeAmount {
        TimeAmount(max(deadline - now, .zero))
    }
}
