public import NIOCore
public import Rendezvous

/// Where an owner asks for their invitations from another terminal than the one in which `share` runs.
public struct InvitationDesk: Sendable {
    private let records: InvitationRecords
    private let proxy: ProxyRule?
    private let loop: any EventLoop

    public init(proxy: ProxyRule?, loop: any EventLoop) { self.init(records: InvitationRecords(), proxy: proxy, loop: loop) }

    init(records: InvitationRecords, proxy: ProxyRule?, loop: any EventLoop) {
        self.records = records
        self.proxy = proxy
        self.loop = loop
    }

    /// All that are written down, or those at one relay.
    public func records(at relay: RelayURL? = nil) -> [InvitationRecord] { found(at: relay).map(\.record) }

    /// The one that a person means: by its identifier, or by its code, which begins with that.
    public func record(_ text: String, at relay: RelayURL? = nil) -> InvitationRecord? {
        guard let lookup = (try? InvitationCode(parsing: text))?.lookup ?? Lookup(text) else { return nil }
        return found(at: relay).last { $0.record.ownership.lookup == lookup }?.record
    }

    /// How they stand, in the order given; of a relay that is not reached, why.
    public func states(of records: [InvitationRecord]) async -> [InvitationReport] { await ask(.status, of: records) }

    /// Closes them: nobody can come by them any more. Of what no program waits under any more nothing is kept after that.
    public func revoke(_ records: [InvitationRecord]) async -> [InvitationReport] {
        let reports = await ask(.revoke, of: records)
        for found in found(at: nil) where reports.contains(where: { $0.record.ownership == found.record.ownership && !$0.isOpen }) {
            self.records.remove(found)
        }
        return reports
    }

    /// Makes one good for so many seconds from now, or for as long as the relay allows. One that is good for longer stays so.
    ///
    /// - Returns: nil when there is none any more.
    public func extend(_ record: InvitationRecord, lifetime: Int) async -> InvitationReport? {
        guard let now = await ask(.status, of: [record]).first else { return nil }
        guard now.isRunning, now.isOpen, now.record.expires < UnixTime.now().advanced(bySeconds: lifetime) else { return now }
        return await ask(.extend(lifetime: lifetime), of: [record]).first
    }

    private func found(at relay: RelayURL?) -> [InvitationRecords.Found] {
        records.all(at: .now()).filter { relay == nil || $0.record.relay == relay }
    }

    private func ask(_ act: OwnerRequest.Act, of records: [InvitationRecord]) async -> [InvitationReport] {
        let wanted = Set(records.map(\.ownership))
        let found = found(at: nil).filter { wanted.contains($0.record.ownership) }
        let reports = await withTaskGroup(of: [InvitationReport].self) { group in
            for (relay, ours) in Dictionary(grouping: found, by: \.record.relay) {
                group.addTask { await ask(act, of: ours, at: relay) }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        return records.compactMap { record in reports.first { $0.record.ownership == record.ownership } }
    }

    private func ask(_ act: OwnerRequest.Act, of found: [InvitationRecords.Found], at relay: RelayURL) async -> [InvitationReport] {
        var reports: [InvitationReport] = []
        do throws(FlowError) {
            let conversation = try await OwnerConversation.open(with: relay, proxy: proxy, loop: loop)
            defer { conversation.close() }
            for found in found {
                let request = OwnerRequest(act, of: found.record.ownership)
                let answer = try await follow(try await conversation.ask(request), to: request, from: relay)
                reports.append(InvitationReport(found, answer: answer, at: .now()))
            }
        } catch {
            reports += found.dropFirst(reports.count).map { InvitationReport($0, unreachable: error.detail) }
        }
        return reports
    }

    /// Where a relay has named another node of its fleet, that one's answer.
    private func follow(
        _ answer: OwnerRequest.Answer, to request: OwnerRequest, from relay: RelayURL
    ) async throws(FlowError) -> OwnerRequest.Answer {
        var (answer, relay, redirects) = (answer, relay, Redirects())
        while case .elsewhere(let node) = answer, redirects.follow(node, from: relay) {
            let conversation = try await OwnerConversation.open(with: node, proxy: proxy, loop: loop)
            defer { conversation.close() }
            answer = try await conversation.ask(request)
            relay = node
        }
        return answer
    }
}
