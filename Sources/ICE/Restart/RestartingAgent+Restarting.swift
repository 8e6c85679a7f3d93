// When to restart, and what the driver is told.

public import NetPrimitives

extension RestartingAgent {
    /// Between two restarts at least; doubled with each that follows, for the next minute: what did not help will not.
    static let shortestPause = Duration.seconds(2)
    private static let longestPause = Duration.seconds(60)
    /// A path that answers again within this time was only slow.
    private static let bereavement = Duration.seconds(1)
    /// The controlled side leaves the restart to the other, which sees the same, unless nothing comes of it.
    private static let deference = Duration.seconds(4)

    /// This host's addresses are others now: what was added and removed is to be told, and checked, at once.
    public mutating func networkChanged(at now: Instant) {
        hasNewNetwork = true
        hasOfferedAll = false
        if active.selectedPair != nil, !isRestarting { beginNext(at: now) }
        update(at: now)
    }

    /// What every call ends with.
    mutating func update(at now: Instant) {
        guard !isOver else { return }
        drainSessions(at: now)
        guard !isOver else { return }
        considerSuspension(at: now)
        considerRestart(at: now)
        noteSilence(at: now)
        announce()
    }

    private mutating func drainSessions(at now: Instant) {
        while next?.nextEvent() != nil {}
        while retired?.nextEvent() != nil {}
        if let session = next {
            if session.selectedPair != nil {
                promote(session, at: now)
            } else if session.failure != nil {
                next = nil
            }
        }
        // What they say is in their state as well, which is what counts when there are two.
        while active.nextEvent() != nil {}
        // A restart that found a way is the path, however long ago the old one ended.
        if let failure = active.failure, next?.dataPair == nil {
            isOver = true
            events.push(.failed(failure))
        } else if isSilent, !isLost {
            isLost = true
            events.push(.pathLost)
        }
    }

    /// Between two calls for help.
    private static let helpInterval = Duration.seconds(3)

    private mutating func noteSilence(at now: Instant) {
        guard isUnanswered else { return unansweredAgainAt = nil }
        if let unansweredAgainAt, now < unansweredAgainAt { return }
        unansweredAgainAt = now + Self.helpInterval
        events.push(.unanswered)
    }

    // MARK: Reasons

    private mutating func considerRestart(at now: Instant) {
        lostAt = active.hasLostSelectedPair ? lostAt ?? now : nil
        guard restartDueAt.map({ $0 <= now }) ?? false else { return }
        if let restartedAt {
            pause = now - restartedAt > Self.longestPause ? Self.shortestPause : min(pause * 2, Self.longestPause)
        }
        beginNext(at: now)
    }

    /// When a restart is to begin, as things are; nil for never.
    var restartDueAt: Instant? {
        guard !isRestarting, generation < .max, active.failure == nil, let selected = active.selectedPair else { return nil }
        var due: Instant?
        if active.role == .controlling, active.betterPair != nil { due = .zero }
        // Another pair carries data: the two sides are to agree on it. Without any there is nobody to agree with.
        if let lostAt, active.dataPair.map({ $0 != selected }) ?? false {
            due = lostAt + (active.role == .controlling ? Self.bereavement : Self.deference)
        }
        return due.map { due in restartedAt.map { max(due, $0 + pause) } ?? due }
    }

    // MARK: Telling

    private mutating func announce() {
        guard let pair = dataPair else { return }
        guard !isLost || !isSilent else { return }
        let isSame = announced.map {
            $0.source == pair.source && $0.destination == pair.destination && $0.kind == pair.kind
                && $0.transport == pair.transport
        }
        if isSame == true, !isLost { return }
        let reason: Reason =
            if announced == nil {
                .first
            } else if isLost || hasNewNetwork {
                .networkChanged
            } else if lostAt != nil {
                .lost
            } else {
                .better
            }
        announced = pair
        isLost = false
        if lostAt == nil { hasNewNetwork = false }
        events.push(.path(pair, reason))
    }

    /// Whether the session that carries data has heard nothing yet since it fell silent, and a restart has found no other way.
    private var isSilent: Bool { active.isSilent && (next.map { $0.dataPair == nil || $0.isSilent } ?? true) }
}
