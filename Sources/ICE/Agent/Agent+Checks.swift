// Sending checks: pacing, retransmission, cancellation (RFC 8445 §6.1.4, §7.2, §14).

import NetPrimitives
import STUN

extension Agent {
    /// Sends one new check if Ta has passed since the last one.
    mutating func sendDueCheck(at now: Instant) {
        guard remoteCredentials != nil, nextCheckAt <= now else { return }
        guard let key = checkList.takeNext(ordinary: isLooking) else { return }
        sendCheck(on: key, at: now)
        nextCheckAt = now + (pacedChecks < configuration.hurriedChecks ? configuration.firstPacing : configuration.pacing)
        pacedChecks += 1
    }

    private mutating func sendCheck(on key: PairKey, at now: Instant) {
        guard let remoteCredentials, let pair = checkList[key] else { return }
        let nominates = role == .controlling && nominating == key
        let priority = CandidatePriority.peerReflexive(from: pair.local)
        let request = CheckRequest(
            local: localCredentials, remote: remoteCredentials, role: role, tieBreaker: tieBreaker,
            priority: priority, nominates: nominates)
        let id = TransactionID(using: &random)
        let timing = checkTiming(of: key, nominates: nominates)
        let transaction = ClientTransaction(id: id, request: request.encode(id), timing: timing, at: now)
        cancelChecks(on: key, at: now)
        checks.add(
            Check(key: key, role: role, nominates: nominates, priority: priority, transaction: transaction))
        checkList.update(key) { pair in
            if !pair.isValid { pair.state = .inProgress }
            pair.firstCheckAt = pair.firstCheckAt ?? now
        }
        send(transaction.request, on: key)
    }

    /// RTO = max(minimum, Ta × (Num-Waiting + Num-In-Progress)): every pair has its first check before any
    /// has its second. RFC 8445 §14.3 multiplies by the number of all checks once more, where RFC 5245
    /// §16.1, which it took the formula from, had the number of check lists: that is one here.
    /// Over TCP nothing is sent again (RFC 8489 §6.2.2); connecting included it is waited for about as long.
    ///
    /// A nomination is given up sooner, at 3.25 s: the pair was answered on a moment ago, and data flows.
    private func checkTiming(of key: PairKey, nominates: Bool) -> ClientTransaction.Timing {
        guard key.transport == .udp else {
            return ClientTransaction.Timing(initialRTO: .seconds(10), requestCount: 1, finalWaitFactor: 1)
        }
        let initialRTO = max(configuration.minimumRTO, configuration.pacing * checkList.busyCount)
        return nominates
            ? ClientTransaction.Timing(initialRTO: initialRTO, requestCount: 4, finalWaitFactor: 6)
            : ClientTransaction.Timing(
                initialRTO: initialRTO, requestCount: configuration.requestCount, finalWaitFactor: configuration.finalWaitFactor)
    }

    /// Retransmits and gives up.
    mutating func handleDueChecks(at now: Instant) {
        for due in checks.handleTimeout(at: now) {
            switch due {
            case .retransmit(let check): send(check.transaction.request, on: check.key)
            case .givenUp(let check):
                checkFailed(check, .timedOut, at: now)
            }
        }
    }

    /// Another check takes the place of those on their way; their answers count for as long as the last of
    /// their retransmissions would have been waited for.
    mutating func cancelChecks(on key: PairKey, at now: Instant) {
        checks.cancel(on: key, until: now + configuration.minimumRTO * configuration.finalWaitFactor)
    }

    /// A check was not answered, or not as it should have been (RFC 8445 §7.2.5.2).
    mutating func checkFailed(_ check: Check, _ reason: PairFailure, at now: Instant) {
        guard check.cancelledUntil == nil, let pair = checkList[check.key] else { return }
        if check.nominates, nominating == check.key {
            // RFC 8445 §7.2.5.3.4 would have the whole list fail; another valid pair serves the person better, or the same
            // one when there is no other.
            nominating = nil
            if reason == .timedOut {
                nominatedInVain.insert(check.key)
                return
            }
        } else if pair.isValid {
            return
        }
        checkList.update(check.key) { $0.fail(reason, at: now) }
    }
}
