/// The most a helper can be granted: an invitation's upper bound, below which the sharer still decides.
public enum Ceiling: String, Hashable, Sendable, CaseIterable {
    case view
    case control
}
