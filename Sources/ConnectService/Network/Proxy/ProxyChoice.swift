import Foundation

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

    /// nil when there is none.
    ///
    /// - Parameter configuration: the configuration's file; nil for the usual one.
    public static func rule(given: String?, configuration: String? = nil) throws(Unusable) -> ProxyRule? {
        if let given { return try parse(given, from: "--proxy") }
        let configured: ProxyRule??
        do throws(ClientConfiguration.Invalid) { configured = try ClientConfiguration.load(configuration).proxy } catch {
            throw Unusable(description: error.description)
        }
        return configured ?? fromEnvironment(ProcessInfo.processInfo.environment)
    }

    /// The first variable that holds an HTTP proxy: one of another kind may be meant for other programs. One that is set to
    /// nothing says that there is none.
    static func fromEnvironment(_ environment: [String: String]) -> ProxyRule? {
        for text in variables.lazy.compactMap({ environment[$0] }) {
            if text.isEmpty { return nil }
            guard let proxy = HTTPProxy(text) else { continue }
            return ProxyRule(proxy, except: ProxyExceptions(environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""))
        }
        return nil
    }

    /// - Parameter place: where it was written, for the sentence.
    static func parse(_ text: String, from place: String) throws(Unusable) -> ProxyRule? {
        if text == none { return nil }
        if let proxy = HTTPProxy(text) { return ProxyRule(proxy) }
        let isSOCKS = text.lowercased().hasPrefix("socks")
        throw Unusable(
            description: (isSOCKS ? "SOCKS proxies are not spoken to; \(place) wants an HTTP proxy's" : "\(place) wants a proxy's")
                + " address: http://HOST:PORT, or http://NAME:PASSWORD@HOST:PORT; \(none) for none.")
    }
}
