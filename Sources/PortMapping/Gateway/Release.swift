/// What came of asking a router to close a port.
package enum Release: Hashable, Sendable {
    /// The router says that it is closed.
    case closed
    /// The router that answered closes nothing: it has forgotten the mapping, gave it to somebody else, or is another router.
    case refused
    /// No answer: the port may be open still.
    case unanswered
}
