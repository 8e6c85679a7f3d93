/// What a gateway has to say after a sleep.
package enum Awakening: Hashable, Sendable {
    /// The time is over, or the bell rang.
    case rested
    /// The router has lost its mappings.
    case restarted
}
