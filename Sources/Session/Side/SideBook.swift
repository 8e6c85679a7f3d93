internal import NetPrimitives

/// The side requests that are open or granted, in the order of their numbers, and how often each thing was asked.
struct SideBook: Hashable, Sendable {
    enum Phase: Hashable, Sendable {
        /// Until then an answer counts; nil where the other side is asked, which says so when it is over.
        case open(until: Instant?)
        case granted
    }

    struct Entry: Hashable, Sendable {
        let request: SideRequest
        var phase: Phase

        var isOpen: Bool { phase != .granted }
    }

    private struct QuotaKey: Hashable, Sendable {
        let kind: Capability
        let asker: Role
    }

    private(set) var entries: [Entry] = []
    private var quotas: [QuotaKey: RequestQuota] = [:]

    var nextDeadline: Instant? {
        entries.lazy.compactMap { if case .open(let deadline?) = $0.phase { deadline } else { nil } }.min()
    }

    func count(of kind: Capability, by asker: Role) -> Int {
        entries.count { $0.request.kind == kind && $0.request.asker == asker }
    }

    /// What an asker calls so.
    func entry(wireID: UInt32, by asker: Role) -> Entry? {
        entries.first { $0.request.wireID == wireID && $0.request.asker == asker }
    }

    /// The one that makes another of the same asker idle: a clipboard is shared once, and a place is lent once. Files are many.
    func entry(like subject: SideRequest.Subject, by asker: Role) -> Entry? {
        entries.first { entry in
            guard entry.request.asker == asker else { return false }
            return switch subject {
            case .file: false
            case .clipboard: entry.request.kind == .clipboard
            case .tcp: entry.request.subject == subject
            }
        }
    }

    /// The oldest that this side has to answer, or the one with this number.
    func question(_ id: UInt32?, to role: Role) -> SideRequest? {
        entries.first { $0.isOpen && $0.request.asker != role && (id == nil || id == $0.request.id) }?.request
    }

    mutating func add(_ request: SideRequest, until deadline: Instant?) {
        entries.append(Entry(request: request, phase: .open(until: deadline)))
    }

    /// A yes takes the request out of the count: what wears people down is to be asked in vain.
    mutating func grant(_ request: SideRequest) {
        guard let index = entries.firstIndex(where: { $0.request == request }) else { return }
        entries[index].phase = .granted
        quotas[QuotaKey(kind: request.kind, asker: request.asker)]?.forgive()
    }

    /// Takes out what is meant; in order.
    mutating func take(where isMeant: (Entry) -> Bool) -> [Entry] {
        let taken = entries.filter(isMeant)
        if !taken.isEmpty { entries.removeAll(where: isMeant) }
        return taken
    }

    mutating func admit(_ kind: Capability, by asker: Role, at now: Instant, limits: SessionLimits) -> RequestQuota.Refusal? {
        quotas[QuotaKey(kind: kind, asker: asker), default: RequestQuota()].admit(at: now, limits: limits)
    }

    mutating func noteNo(to request: SideRequest, at now: Instant, limits: SessionLimits) {
        quotas[QuotaKey(kind: request.kind, asker: request.asker), default: RequestQuota()].noteNo(at: now, limits: limits)
    }
}
