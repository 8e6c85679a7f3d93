/// A whole WebSocket message, put together from its frames (RFC 6455 §5.6).
public enum WebSocketMessage: Hashable, Sendable {
    /// UTF-8, not validated here: whoever decodes it does.
    case text([UInt8])
    case binary([UInt8])
}
