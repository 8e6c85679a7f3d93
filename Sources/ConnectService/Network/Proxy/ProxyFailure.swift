import NIOHTTP1

/// Why a proxy makes no tunnel: a sentence that says what to do.
struct ProxyFailure: Error, Hashable, Sendable {
    enum Reason: Hashable, Sendable {
        /// It cannot be reached, or TLS with it fails.
        case unreachable(String)
        /// Nothing came in time, or the connection ended before the answer.
        case silent
        /// What came is not HTTP.
        case stranger
        /// 407, and no password was given, or not this one.
        case passwordWanted
        case passwordRefused
        /// 407 with other schemes than Basic.
        case unknownSchemes([String])
        /// Any other answer but success, for what was asked.
        case refused(status: UInt, reason: String, target: String)
    }

    let proxy: HTTPProxy
    let reason: Reason

    init(_ reason: Reason, of proxy: HTTPProxy) {
        self.reason = reason
        self.proxy = proxy
    }

    /// - Parameter target: host and port that were asked for.
    init(_ head: HTTPResponseHead, to target: String, of proxy: HTTPProxy) {
        self.init(Self.reason(head, target, hasPassword: proxy.credentials != nil), of: proxy)
    }

    private static func reason(_ head: HTTPResponseHead, _ target: String, hasPassword: Bool) -> Reason {
        // Some say 401 to a wrong password, which is for the hosts behind them (RFC 9110 §15.5.2).
        guard head.status == .proxyAuthenticationRequired || head.status == .unauthorized else {
            return .refused(status: head.status.code, reason: harmless(head.status.reasonPhrase), target: target)
        }
        let schemes = head.headers["Proxy-Authenticate"].compactMap { $0.split(whereSeparator: \.isWhitespace).first }
        if !schemes.isEmpty, !schemes.contains(where: { $0.lowercased() == "basic" }) {
            return .unknownSchemes(schemes.prefix(4).map { harmless(String($0)) })
        }
        return hasPassword ? .passwordRefused : .passwordWanted
    }

    /// Whether another port of the same host may still be let through.
    var isAboutTarget: Bool {
        if case .refused = reason { true } else { false }
    }

    /// Whether it was the proxy that spoke, so that it is there.
    var isAnswer: Bool {
        switch reason {
        case .passwordWanted, .passwordRefused, .unknownSchemes, .refused: true
        case .unreachable, .silent, .stranger: false
        }
    }

    /// Whether it wants to know who asks.
    var isAboutPassword: Bool {
        switch reason {
        case .passwordWanted, .passwordRefused, .unknownSchemes: true
        case .unreachable, .silent, .stranger, .refused: false
        }
    }

    /// What somebody else wrote, without what a terminal would obey.
    private static func harmless(_ text: String) -> String {
        String(text.prefix(60).filter { $0.isASCII && ($0.isLetter || $0.isNumber || " -_.".contains($0)) })
    }
}

extension ProxyFailure: CustomStringConvertible {
    var description: String {
        switch reason {
        case .unreachable(let why): "The proxy \(proxy) cannot be reached: \(why)."
        case .silent: "The proxy \(proxy) takes the connection and does not answer."
        case .stranger: "Whoever answers at \(proxy) is no HTTP proxy."
        case .passwordWanted:
            "The proxy \(proxy) asks for a password: write \(proxy.endpoint.isSecure ? "https" : "http")://NAME:PASSWORD@\(proxy) into "
                + "the environment's https_proxy, or as “proxy” into ~/.config/ra-connect/config.toml (others can read a command line)."
        case .passwordRefused: "The proxy \(proxy) does not take this name and password."
        case .unknownSchemes(let schemes):
            "The proxy \(proxy) wants people to prove who they are by \(schemes.joined(separator: " or ")), which is not spoken "
                + "here: whoever runs it has to allow Basic, or to let CONNECT to the relay pass without."
        case .refused(let status, let reason, let target) where (502...504).contains(status):
            "The proxy \(proxy) does not get through to \(target) (\(status) \(reason))."
        case .refused(let status, let reason, let target):
            "The proxy \(proxy) lets nobody connect to \(target) (\(status) \(reason)): ask whoever runs it to allow CONNECT "
                + "to that port, or to 443 of the relay."
        }
    }
}
