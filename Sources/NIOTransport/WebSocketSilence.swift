/// Comes before a WebSocket is closed because nothing was heard on it for too long: whoever is at its other end has not closed it.
public struct WebSocketSilence: Hashable, Sendable {
    public init() {}
}
