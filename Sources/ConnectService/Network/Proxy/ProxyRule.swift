/// A proxy, and the hosts that are reached without it.
public struct ProxyRule: Hashable, Sendable {
    let proxy: HTTPProxy
    /// nil when the person has named the proxy for this very program: then every host is asked for through it as well.
    let exceptions: ProxyExceptions?

    init(_ proxy: HTTPProxy, except exceptions: ProxyExceptions? = nil) {
        self.proxy = proxy
        self.exceptions = exceptions
    }

    /// nil when this host is reached without it.
    ///
    /// - Parameter host: a name or an address, without brackets.
    func proxy(for host: String, port: UInt16) -> HTTPProxy? {
        exceptions?.contains(host: host, port: port) == true ? nil : proxy
    }
}
