/// What sends for several connections: so that a worker wakes it once for all that a turn has written to.
public protocol StreamSender: AnyObject, Sendable {
    func wake()
}
