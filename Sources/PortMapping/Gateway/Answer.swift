/// What a router says to a question.
package enum Answer: Hashable, Sendable {
    case granted(Grant)
    /// The port is somebody else's.
    case conflict
    /// The router maps no port for a limited time (UPnP 725).
    case onlyPermanentLeases
    /// Not now: it would say the same until `after` has passed.
    case later(MappingFailure, after: Duration)
    /// It has opened nothing.
    case failed(MappingFailure)
    /// It was asked, and said nothing that makes sense: the port may be open all the same.
    case unanswered(MappingFailure)
}
