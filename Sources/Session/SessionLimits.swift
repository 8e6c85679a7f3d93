/// The times and counts that keep a session from waiting, asking or queueing without end.
public struct SessionLimits: Hashable, Sendable {
    /// A request nobody answers for this long is a no: time to read the question and to fetch somebody.
    public var answer: Duration = .seconds(60)
    /// After a no, so long nobody is asked for the same thing again: a no must not be worn down by asking.
    public var quietAfterNo: Duration = .seconds(10)
    /// How often one thing may be asked in a session.
    public var requestsPerCapability = 10
    /// Files, connections, and clipboards that one side has asked for and not finished with, of each kind.
    public var atOnce = 8
    /// Requests refused without asking anybody; after so many the other side is not behaving, and the session ends.
    public var refusalsWithoutAsking = 50
    /// Key frames are several times the size of others: between two requests of the helper that are passed on.
    public var keyFrameInterval: Duration = .milliseconds(500)
    /// A bare yes counts only so long after a question has gone unanswered: it may have been on its way to that one.
    public var afterQuestion: Duration = .seconds(3)
    /// A yes to anything but view and control counts only so long after the helper's last key or click.
    public var afterInput: Duration = .seconds(2)
    /// Events, and messages, that may wait for the driver: seconds of pointer movement.
    public var waiting = 1024

    public init() {}
}
