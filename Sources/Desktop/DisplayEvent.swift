/// What happens to a desktop besides its picture changing.
public enum DisplayEvent: Hashable, Sendable {
    /// The screen has another size now, in pixels; all of it counts as damaged.
    case resized(width: Int, height: Int)
}
