import HostNetwork
public import NIOCore
import NetPrimitives
public import Policy
public import Rendezvous
import Session

/// Where this person asks other people's relays: whose name it is, whether somebody is there; and calls them there. One connection
/// to each relay that is asked, for as long as the desk is open.
public actor ContactDesk {
    public nonisolated let loop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    let identity: PersonIdentity
    private let proxy: ProxyRule?
    private var lines: [RelayURL: Task<ContactLine, any Error>] = [:]
    private var waiters: [Waiter] = []
    private var lastNumber = 0
    /// The other nodes of a relay, as it has named them last: one of them may be asked when it is gone. Of each that was asked.
    private var fleets: [RelayURL: [RelayURL]] = [:]
    private(set) var isClosed = false
    var calls: [Int: OutgoingCall] = [:]

    /// How long a relay may take to answer what needs no person.
    private static let patience = TimeAmount.seconds(10)

    /// Somebody who waits for an answer at one relay: takes an event when it is theirs, and nil when the connection is gone.
    private struct Waiter {
        let number: Int
        let relay: RelayURL
        let take: (PersonClient.Event?) -> Bool
    }

    private enum Outcome<Answer: Sendable>: Sendable {
        case answer(Answer)
        case elsewhere(RelayURL)
        case refused(ContactRefusal)
        case closed, silent
    }

    public init(identity: PersonIdentity, proxy: ProxyRule?, loop: any EventLoop) {
        self.identity = identity
        self.proxy = proxy
        self.loop = loop
    }

    // MARK: Questions

    /// The key that a relay knows for a name; nil when nobody has it.
    func look(up address: PersonAddress) async throws(FlowError) -> PersonKey? {
        let name = address.name
        return try await ask(address.relay, .look(name)) { $0.look(up: name) } answer: { event in
            if case .person(name, let key) = event { .some(key) } else { nil }
        }
    }

    /// Gives a name to this person.
    func register(_ address: PersonAddress) async throws(FlowError) {
        let name = address.name
        try await ask(address.relay, .register(name)) { $0.register(name) } answer: { event in
            if case .registered(name) = event { () } else { nil }
        }
    }

    /// Whether a contact is there, and still who they were.
    func presence(of contact: Contact) async throws(FlowError) -> ContactReport.Presence {
        let name = contact.address.name
        let key: PersonKey? = try await ask(contact.address.relay, .presence(name)) { $0.askPresence(of: name) } answer: { event in
            if case .presence(name, let key) = event { .some(key) } else { nil }
        }
        return key.map { $0 == contact.key ? .here : .changedKey($0) } ?? .away
    }

    /// How all contacts are, in their order; a relay that does not answer holds up nobody else's, and one that the policy forbids is not
    /// asked.
    public func reports(on contacts: [Contact], under policy: Policy) async -> [ContactReport] {
        await withTaskGroup(of: [ContactReport].self) { group in
            for (_, some) in Dictionary(grouping: contacts, by: \.address.relay) {
                group.addTask {
                    var reports: [ContactReport] = []
                    do throws(PolicyRefusal) { for contact in some { try policy.permitMeeting(at: contact.address.relay) } } catch {
                        return some.map { ContactReport($0, .unknown("\(error)")) }
                    }
                    do throws(FlowError) {
                        for contact in some { reports.append(ContactReport(contact, try await self.presence(of: contact))) }
                    } catch {
                        reports += some.dropFirst(reports.count).map { ContactReport($0, .unknown(error.detail)) }
                    }
                    return reports
                }
            }
            var all: [PersonAddress: ContactReport] = [:]
            for await some in group {
                for report in some { all[report.contact.address] = report }
            }
            return contacts.compactMap { all[$0.address] }
        }
    }

    public func close() async {
        isClosed = true
        for line in lines.values { try? await line.value.close() }
        lines.removeAll()
    }

    // MARK: Asking

    private func ask<Answer: Sendable>(
        _ relay: RelayURL, _ asked: Asked, _ command: @Sendable (inout PersonClient) -> Void,
        answer: @escaping @Sendable (PersonClient.Event) -> Answer?
    ) async throws(FlowError) -> Answer {
        var place = relay
        var redirects = Redirects()
        while true {
            switch try await askOnce(place, asked, command, answer: answer) {
            case .answer(let answer): return answer
            case .elsewhere(let url):
                guard redirects.follow(url, from: place) else { throw FlowError(.relayLost, "The relay at \(relay) sends us in circles.") }
                place = url
            case .refused(let refusal): throw FlowError(refusal == .notAllowed || refusal == .banned ? .policy : .error, "\(refusal)")
            case .closed: throw FlowError(.relayLost, "The relay at \(place) closed the connection.")
            case .silent: throw FlowError(.relayLost, "The relay at \(place) does not answer.")
            }
        }
    }

    private func askOnce<Answer: Sendable>(
        _ relay: RelayURL, _ asked: Asked, _ command: @Sendable (inout PersonClient) -> Void,
        answer: @escaping @Sendable (PersonClient.Event) -> Answer?
    ) async throws(FlowError) -> Outcome<Answer> {
        let line = try await line(to: relay)
        lastNumber += 1
        let number = lastNumber
        return await withCheckedContinuation { continuation in
            let deadline = loop.scheduleTask(in: Self.patience) {
                self.assumeIsolated { desk in
                    guard desk.forget(number) else { return }
                    continuation.resume(returning: .silent)
                }
            }
            func settle(_ outcome: Outcome<Answer>) -> Bool {
                deadline.cancel()
                continuation.resume(returning: outcome)
                return true
            }
            waiters.append(
                Waiter(number: number, relay: relay) { event in
                    switch event {
                    case nil: settle(.closed)
                    case .elsewhere(let url, for: asked): settle(.elsewhere(url))
                    case .refused(let refusal, of: let about) where about == asked || about == .identify || refusal == .banned: settle(.refused(refusal))
                    case let event?: answer(event).map { settle(.answer($0)) } ?? false
                    }
                })
            line.assumeIsolated { $0.perform(command) }
        }
    }

    private func forget(_ number: Int) -> Bool {
        guard let index = waiters.firstIndex(where: { $0.number == number }) else { return false }
        waiters.remove(at: index)
        return true
    }

    // MARK: Lines

    /// The line to a relay, opened when there is none.
    func line(to relay: RelayURL) async throws(FlowError) -> ContactLine {
        let opening = lines[relay] ?? Task {
            let line = ContactLine(identity: identity, proxy: proxy, loop: loop) { event in
                self.assumeIsolated { $0.received(event, from: relay) }
            }
            let others = (self.fleets[relay] ?? []).filter { $0 != relay && ($0.isSecure || !relay.isSecure) }
            let (_, nodes) = try await line.open([relay] + others.prefix(PresenceSchedule.maximumPlaces))
            if !nodes.isEmpty { self.fleets[relay] = nodes }
            return line
        }
        lines[relay] = opening
        do { return try await opening.value } catch {
            lines[relay] = nil
            throw error as? FlowError ?? FlowError(.relayLost, "\(error)")
        }
    }

    private func received(_ event: ContactLine.Event, from relay: RelayURL) {
        switch event {
        case .said(let event):
            handleCall(event, from: relay)
            waiters.removeAll { $0.relay == relay && $0.take(event) }
        case .closed:
            lines[relay] = nil
            waiters.removeAll { $0.relay == relay && $0.take(nil) }
        }
    }
}
