import NetPrimitives
@testable import Session
import Testing

/// A machine that has been led somewhere, and what its person has allowed by then in their own words.
private struct Place {
    var script: Script
    var allowed = Allowed()

    /// What the person at the screen has said yes to and not taken back; worked out from their words and the events alone.
    struct Allowed: Hashable {
        var view = false
        var control = false
        var shows = false
        var isPaused = false
        var ended = false
    }

    /// What the future depends on: everything in the machine, with times as they are from now.
    struct Key: Hashable {
        var state: SessionState
        var answer: Duration?
        var nextKeyFrame: Duration?
        var keyFrameWaits: Bool
        var quotas: [String]
        var counts: [Int]
        var allowed: Allowed
    }

    var key: Key {
        let (machine, now) = (script.machine, script.now)
        func left(_ deadline: Instant?) -> Duration? { deadline.map { max($0 - now, .zero) } }
        var state = machine.state
        switch state {
        case .askingToView(var request):
            request.deadline = nil
            state = .askingToView(request)
        case .viewing(.asking(var request), let paused):
            request.deadline = nil
            state = .viewing(.asking(request), paused: paused)
        case .connected, .viewing, .ended: break
        }
        return Key(
            state: state, answer: left(machine.state.openRequest?.0.deadline), nextKeyFrame: left(machine.keyFrames.next),
            keyFrameWaits: machine.keyFrames.isWaiting,
            quotas: Capability.allCases.map { machine.quotas[$0].map { "\($0.asked) \(String(describing: left($0.quietUntil)))" } ?? "" },
            counts: [Int(machine.lastRequest), machine.refusals], allowed: allowed)
    }
}

@Suite("every state that can be reached, and every event in it")
struct ReachableStatesTests {
    /// Small, so that the states in which a bound is reached are among them.
    private static let limits: SessionLimits = {
        var limits = SessionLimits()
        limits.requestsPerCapability = 2
        limits.refusalsWithoutAsking = 1
        return limits
    }()

    /// Everything of the table, and times that end a silence before, at and after the moment when it counts.
    private static let steps: [Script.Step] = StateTable.steps.map(\.step) + [.wait(.seconds(10)), .wait(.seconds(60))]

    /// Leads a machine everywhere; `judge` sees each step with what came of it.
    ///
    /// - Returns: how many states there are.
    private func explore(
        _ role: Role, ceiling: Ceiling,
        judge: (_ before: Place, _ step: Script.Step, _ outcome: Script.Outcome, _ after: Place) -> [String]
    ) -> Int {
        let start = Place(script: Script(role, ceiling: ceiling, limits: Self.limits))
        var known: Set<Place.Key> = [start.key]
        var waiting = [start]
        var complaints: Set<String> = []
        while let place = waiting.popLast() {
            for step in Self.steps {
                var next = place
                let outcome = next.script.take(step)
                next.allowed.follow(step, outcome, at: place, role)
                for complaint in judge(place, step, outcome, next) { complaints.insert(complaint) }
                if known.insert(next.key).inserted { waiting.append(next) }
            }
        }
        for complaint in complaints.sorted().prefix(10) { Issue.record("\(complaint)") }
        return known.count
    }

    @Test("at the sharer: nothing is shown, and nothing typed, but what its person allows", arguments: [Ceiling.control, .viewOnly])
    func sharer(ceiling: Ceiling) {
        let states = explore(.sharer, ceiling: ceiling) { before, step, outcome, after in
            var complaints: [String] = []
            let (machine, allowed) = (after.script.machine, after.allowed)
            func check(_ holds: Bool, _ rule: String) {
                if !holds { complaints.append("\(rule): \(step) in \(before.script.machine.state)") }
            }
            check(machine.screenMayFlow == allowed.shows, "what flows is what was started and not stopped")
            check(!machine.screenMayFlow || allowed.view && !allowed.isPaused, "nothing is shown without a yes")
            check(machine.status.control != .granted || allowed.control, "nobody has control without a yes")
            check(machine.status.control != .granted || ceiling == .control, "nobody has control above the ceiling")
            for event in outcome.events {
                switch event {
                case .startSharing: check(allowed.view, "sharing starts after a yes")
                case .input: check(before.allowed.control && before.allowed.shows, "input only under control, while it is shown")
                case .granted: check(step.isYes, "only a yes grants")
                case .request(_, let kind, _, _):
                    check(kind == .view || before.allowed.view, "control is asked for after view")
                    check(machine.nextDeadline != nil, "every question has its end")
                default: break
                }
            }
            for message in outcome.messages {
                if case .granted = message { check(step.isYes, "a grant is told after a yes alone") }
            }
            if case .command(let command) = step, outcome.refusal == nil {
                switch command {
                case .pause: check(!machine.screenMayFlow, "a pause stops it at once")
                case .stop: check(!machine.screenMayFlow && machine.hasEnded, "a stop ends it at once")
                case .revoke(.view): check(machine.status.view == .none && !machine.screenMayFlow, "view is taken back at once")
                case .revoke(.control): check(machine.status.control == .none, "control is taken back at once")
                default: break
                }
            }
            if case .wait(let time) = step, let deadline = before.script.machine.state.openRequest?.0.deadline {
                let isOver = before.script.now + time >= deadline
                check(!isOver || machine.state.openRequest == nil, "a question ends with its time")
                check(!isOver || outcome.events.contains { if case .denied(_, by: .timeout) = $0 { true } else { false } }, "silence is a no")
            }
            if let stop = outcome.events.firstIndex(of: .stopSharing) {
                check(!outcome.events[stop...].contains { if case .letGo = $0 { true } else { false } }, "keys are let go before it stops")
            }
            if before.allowed.ended { check(outcome.events.isEmpty && outcome.messages.isEmpty, "nothing follows the end") }
            return complaints
        }
        #expect(states > 100)
    }

    @Test("at the sharer: whatever the helper says and however long it waits, without a yes nothing is granted")
    func nobodyAnswers() {
        for first in Self.steps where !first.isYes {
            for second in Self.steps where !second.isYes {
                for third in Self.steps where !third.isYes {
                    var script = Script(.sharer)
                    for step in [.peer(.request(id: 7, .view, detail: "")), first, second, third] { _ = script.take(step) }
                    #expect(script.machine.status.view != .granted && !script.machine.screenMayFlow)
                }
            }
        }
    }

    @Test("at the helper: nothing is shown or sent but what the sharer has granted, and not after it was taken back")
    func helper() {
        let states = explore(.helper, ceiling: .control) { before, step, outcome, after in
            var complaints: [String] = []
            let machine = after.script.machine
            func check(_ holds: Bool, _ rule: String) {
                if !holds { complaints.append("\(rule): \(step) in \(before.script.machine.state)") }
            }
            if machine.screenMayFlow, !before.script.machine.screenMayFlow {
                check(step == .peer(.granted(id: 1, .view)) || step == .peer(.resumed) || step.isPeerGrant, "only the sharer shows")
            }
            for message in outcome.messages {
                guard case .input = message else { continue }
                check(before.script.machine.status.control == .granted && before.script.machine.screenMayFlow, "input only under control")
            }
            switch step {
            case .peer(.paused), .peer(.revoked(.view, _)), .peer(.end): check(!machine.screenMayFlow, "taken back at once")
            case .peer(.revoked(.control, _)): check(machine.status.control != .granted, "taken back at once")
            default: break
            }
            if before.script.machine.hasEnded { check(outcome.events.isEmpty && outcome.messages.isEmpty, "nothing follows the end") }
            return complaints
        }
        #expect(states > 20)
    }
}

extension Script.Step {
    fileprivate var isYes: Bool { if case .command(.yes) = self { true } else { false } }
    fileprivate var isPeerGrant: Bool { if case .peer(.granted) = self { true } else { false } }
}

extension Place.Allowed {
    /// What the person's words and what they were told come to.
    fileprivate mutating func follow(_ step: Script.Step, _ outcome: Script.Outcome, at place: Place, _ role: Role) {
        guard role == .sharer else {
            ended = place.script.machine.hasEnded
            return
        }
        if step.isYes, outcome.refusal == nil {
            switch place.script.machine.status.view {
            case .asked: view = true
            case .granted: control = true
            case .none: break
            }
        }
        for event in outcome.events {
            switch event {
            case .startSharing: shows = true
            case .stopSharing: shows = false
            case .paused: isPaused = true
            case .resumed: isPaused = false
            case .revoked(.view, _): (view, control, isPaused) = (false, false, false)
            case .revoked(.control, _): control = false
            case .ended: (view, control, isPaused, ended) = (false, false, false, true)
            default: break
            }
        }
    }
}
