/// Which side of the session a machine stands on.
public enum Role: String, Hashable, Sendable, CaseIterable {
    /// The person who needs help: the screen is theirs, and so is every yes.
    case sharer
    /// The person who gives it.
    case helper

    var other: Role { self == .sharer ? .helper : .sharer }

    /// This side's person, as who decides.
    var decider: Decider { self == .sharer ? .sharer : .helper }
}

/// The most an invitation can ever lead to, whatever is asked later.
public enum Ceiling: String, Hashable, Sendable, CaseIterable {
    case viewOnly = "view"
    case control
}
