/// What is wrong with a port that a router opened for one of ours, or why it opened none. No candidate came of it, or one that
/// nobody gets in by.
public struct RouterFinding: Hashable, Sendable {
    /// `ip:port` of our own.
    public var local: String
    /// `ip:port` that the router named; nil when it named none.
    public var external: String?
    /// A sentence that begins small and has no full stop, as the other reasons.
    public var why: String

    public init(local: String, external: String?, why: String) {
        self.local = local
        self.external = external
        self.why = why
    }
}
