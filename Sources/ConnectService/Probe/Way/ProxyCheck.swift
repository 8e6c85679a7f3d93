import NIOCore

/// Asks a proxy for tunnels to ports of the relay, and the relay by each that is made.
struct ProxyCheck: Sendable {
    /// Proxies bound how many connections one client may have.
    private static let atOnce = 32

    fileprivate enum Answer: Sendable {
        case tunnel(Outbound)
        case failure(ProxyFailure)

        var failure: ProxyFailure? {
            switch self {
            case .tunnel: nil
            case .failure(let failure): failure
            }
        }

        /// Whether the proxy itself has said something.
        var isAnswer: Bool { failure?.isAnswer ?? true }
    }

    private let proxy: HTTPProxy
    private let check: TCPCheck
    private let turns = Turns(atOnce)

    /// - Parameter patience: for one port.
    init(_ proxy: HTTPProxy, loop: any EventLoop, patience: Duration) {
        self.proxy = proxy
        check = TCPCheck(loop: loop, patience: patience)
    }

    /// - Parameter host: the relay's name or address; a name is looked up by the proxy.
    func run(to host: String, ports: [UInt16]) async -> ProxyReport {
        // Whether a password is wanted can only be told by asking without.
        let stranger: StreamRoute? = proxy.credentials == nil ? nil : .proxy(proxy.withoutCredentials)
        async let unknown = ask(host, ports.first, by: stranger)
        let answers = await withTaskGroup(of: (UInt16, Answer?).self) { group in
            for port in ports {
                group.addTask { (port, await ask(host, port, by: .proxy(proxy))) }
            }
            return await group.reduce(into: [UInt16: Answer]()) { $0[$1.0] = $1.1 }
        }
        let all = ports.compactMap { answers[$0] }
        let failures = all.compactMap(\.failure)
        let outcomes = ports.compactMap { port in answers[port].map { ProxyReport.Port(number: port, outbound: Outbound($0)) } }
        let failure = outcomes.contains(where: \.outbound.isOpen) ? nil : failures.first { !$0.isAboutTarget } ?? failures.first
        return ProxyReport(
            address: "\(proxy)", password: Self.password(all, ofStranger: await unknown), ports: outcomes,
            failure: failure?.description)
    }

    private func ask(_ host: String, _ port: UInt16?, by route: StreamRoute?) async -> Answer? {
        guard let port, let route else { return nil }
        await turns.take()
        let answer: Answer
        do {
            answer = .tunnel(try await check.run(to: RelayEndpoint(isSecure: false, host: host, port: port), by: route))
        } catch {
            answer = .failure(error as? ProxyFailure ?? ProxyFailure(.silent, of: proxy))
        }
        await turns.giveBack()
        return answer
    }

    /// - Parameter stranger: what somebody without a password was answered; nil when we have none either.
    private static func password(_ answers: [Answer], ofStranger stranger: Answer?) -> ProxyReport.Password {
        if answers.contains(where: { $0.failure?.isAboutPassword == true }) { return stranger == nil ? .wanted : .refused }
        guard let answer = (stranger.map { [$0] } ?? answers).first(where: \.isAnswer) else { return .unknown }
        return answer.failure?.isAboutPassword == true ? .accepted : .notWanted
    }
}

extension Outbound {
    /// What became of a port behind a proxy: what it answers instead of a tunnel is somebody else's answer.
    fileprivate init(_ answer: ProxyCheck.Answer) {
        switch answer {
        case .tunnel(let outbound): self = outbound
        case .failure(let failure) where failure.isAnswer || failure.reason == .stranger: self = .blocked(why: "\(failure)")
        case .failure(let failure): self = .unanswered(why: "\(failure)")
        }
    }
}
