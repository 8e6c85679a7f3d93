import Foundation
public import Rendezvous

/// Which proxy is asked for a way to the relay, besides the direct one: what the person gave, else the configuration's, else
/// the environment's.
public enum ProxyChoice {
    /// What was given is no proxy; the sentence says what to write, and does not repeat what may hold a password.
    public struct Unusable: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// What `--proxy` takes for "none, whatever the environment says".
    static let none = "none"
    /// In the order in which they are looked at. All that we send through a proxy is a tunnel, as for https, so that its variable
    /// comes first. `HTTP_PROXY` is left out, as curl does it: in a CGI program a visitor sets it.
    static let variables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy"]

    /// nil when there is none for this relay.
    ///
    /// - Parameter configuration: the configuration's file; nil for the usual one.
    public static func proxy(
        given: String?, for relay: RelayURL, configuration: String? = nil
    ) throws(Unusable) -> HTTPProxy? {
        if let given { return try parse(given, from: "--proxy") }
        let configured: String?
        do { configured = try ClientConfiguration.load(configuration).proxy } catch {
            throw Unusable(description: "\(error)")
        }
        if let configured { return try parse(configured, from: "The configuration's “proxy”") }
        return fromEnvironment(ProcessInfo.processInfo.environment, for: relay.endpoint)
    }

    /// The first variable that holds an HTTP proxy: one of another kind may be meant for other programs.
    static func fromEnvironment(_ environment: [String: String], for relay: RelayEndpoint) -> HTTPProxy? {
        let exceptions = ProxyExceptions(environment["no_proxy"] ?? environment["NO_PROXY"] ?? "")
        guard !relay.isLoopback, !exceptions.contains(host: relay.host, port: relay.port) else { return nil }
        return variables.lazy.compactMap { environment[$0] }.compactMap { HTTPProxy($0) }.first
    }

    private static func parse(_ text: String, from place: String) throws(Unusable) -> HTTPProxy? {
        if text == none { return nil }
        if let proxy = HTTPProxy(text) { return proxy }
        let isSOCKS = text.lowercased().hasPrefix("socks")
        throw Unusable(
            description: (isSOCKS ? "SOCKS proxies are not spoken to; \(place) wants an HTTP proxy's" : "\(place) wants a proxy's")
                + " address: http://HOST:PORT, or http://NAME:PASSWORD@HOST:PORT; \(none) for none.")
    }
}
