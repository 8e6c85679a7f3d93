/// Which web pages may open a WebSocket here, or have the relay dial their readers: our own, and programs that are no
/// browser.
///
/// A browser sends `Origin` with every WebSocket handshake (RFC 6455 §10.2) and every POST (the Fetch standard, §3.2), and
/// no page can forge it.
enum OriginPolicy {
    /// - Parameters:
    ///   - origin: the `Origin` field's value, nil when the client sent none.
    ///   - host: the `Host` field's value.
    static func allows(origin: String?, host: String?) -> Bool {
        guard let origin else { return true }
        guard let host, let authority = origin.firstRange(of: "://") else { return false }
        return origin[authority.upperBound...].lowercased() == host.lowercased()
    }
}
