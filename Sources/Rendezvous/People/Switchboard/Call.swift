import NetPrimitives

/// One call that a relay carries, under the number that it has given it.
struct Call: Sendable {
    let kind: CallKind
    let caller: ConnectionID
    let callerKey: PersonKey
    /// The caller's own number for it.
    let callerCall: CallID
    /// Nil for a request that nobody hears: it takes the caller a place like one that somebody does.
    var callee: ConnectionID?
    let since: Instant
    /// Letters back to the caller so far.
    var answers = 0
}
