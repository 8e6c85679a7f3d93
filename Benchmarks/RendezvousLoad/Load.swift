import Foundation
import HostNetwork
import NIOCore
import NetPrimitives
import Rendezvous

/// Everybody: who waits, who comes, and what was measured. All on one event loop.
final class Load: @unchecked Sendable {
    enum Time: Int, CaseIterable { case message, met, whole }

    /// Connections that are opened at once while people gather: fewer than the relay's backlog.
    private static let opening = 128

    let loop: any EventLoop
    let port: Int
    let plan: Plan
    // Of the loop alone.
    private var sharers: [Sharer] = []
    private var contacts: [Contact] = []
    private var contactsThere = 0
    private var wantedContacts = 0
    private var keys: [PersonKey] = []
    private var waiting: [Sharer] = []
    private var firstWaiting = 0
    private var meetings: [ObjectIdentifier: Meeting] = [:]
    private var times = [Times](repeating: Times(), count: Time.allCases.count)
    private var begun = 0
    private var counted = 0
    private var completed = 0
    private var failures: [String: Int] = [:]
    private var isEnding = false
    private var gathered: EventLoopPromise<Void>?
    private var wanted = 0

    init(loop: any EventLoop, port: Int, plan: Plan) {
        (self.loop, self.port, self.plan) = (loop, port, plan)
    }

    struct Failed: Error, CustomStringConvertible { let description: String }

    /// Everybody of whom there is one has an address of 127.0.0.0/8 of their own, as the relay's bounds count addresses.
    private static func address(_ network: Int, _ number: Int) -> String {
        "127.\(network + number / 64_516).\(number / 254 % 254 + 1).\(number % 254 + 1)"
    }

    // MARK: Gathering

    /// Returns when so many wait, each with an invitation open, and so many are there for `allowed` contacts each.
    func gather(_ count: Int, contacts: Int, allowed: Int) async throws {
        try await loop.flatSubmit { [self] in
            wanted = count
            wantedContacts = contacts
            var random = LoadRandom(seed: 42)
            keys = (0..<allowed).map { _ in PersonIdentity(using: &random).key }
            let promise = loop.makePromise(of: Void.self)
            gathered = promise
            fill()
            return promise.futureResult
        }.get()
    }

    private func fill() {
        while sharers.count < wanted, sharers.count - waiting.count < Self.opening {
            sharers.append(Sharer(self, number: sharers.count, from: Self.address(16, sharers.count)))
        }
        while sharers.count == wanted, contacts.count < wantedContacts, contacts.count - contactsThere < Self.opening {
            guard let contact = Contact(self, number: contacts.count, allow: keys, from: Self.address(32, contacts.count)) else { return }
            contacts.append(contact)
        }
        if waiting.count == wanted, contactsThere == wantedContacts {
            gathered?.succeed(())
            gathered = nil
        }
    }

    func waits(_ sharer: Sharer) {
        waiting.append(sharer)
        if gathered != nil { fill() }
    }

    func isThere() {
        contactsThere += 1
        if gathered != nil { fill() }
    }

    func lost(_ sharer: Sharer) {
        guard !isEnding else { return }
        sharer.meeting?.fail("its sharer's connection was closed")
        lost("a sharer's connection was closed")
    }

    func lost(_ what: String) {
        guard !isEnding else { return }
        fail(what, nil)
        let (there, all) = (waiting.count + contactsThere, wanted + wantedContacts)
        gathered?.fail(Failed(description: "\(what) when \(there) of \(all) were there"))
        gathered = nil
    }

    static func wallClock() -> UnixTime { UnixTime(seconds: UInt64(max(Date.now.timeIntervalSince1970, 0))) }

    // MARK: Meeting

    /// Begins meetings at the plan's rate, whether the former ones are over or not, and returns when the last one is.
    func meet() async throws -> Result {
        let done = loop.makePromise(of: Result.self)
        loop.execute { [self] in
            let began = MonotonicClock.now()
            loop.scheduleRepeatedTask(initialDelay: .milliseconds(2), delay: .milliseconds(2)) { [self] task in
                let now = MonotonicClock.now()
                let seconds = (now - began) / .seconds(1)
                let due = Int(min(seconds, plan.warmUp + plan.duration) * plan.rate)
                while begun < due {
                    begun += 1
                    begin(counts: Double(begun) > plan.warmUp * plan.rate)
                }
                for meeting in meetings.values where meeting.isLate { meeting.fail("a meeting took ten seconds") }
                guard seconds > plan.warmUp + plan.duration, meetings.isEmpty else { return }
                task.cancel()
                done.succeed(result)
            }
        }
        return try await done.futureResult.get()
    }

    private func begin(counts: Bool) {
        if counts { counted += 1 }
        guard let (sharer, invitation) = nextWaiting() else { return fail("nobody waited", nil) }
        let meeting = Meeting(self, with: sharer, invitation, number: begun, from: Self.address(64, begun), counts: counts)
        sharer.expect(meeting)
        meetings[ObjectIdentifier(meeting)] = meeting
    }

    private func nextWaiting() -> (Sharer, OwnedInvitation)? {
        while firstWaiting < waiting.count {
            defer { firstWaiting += 1 }
            if firstWaiting > 65_536 {
                waiting.removeFirst(firstWaiting)
                firstWaiting = 0
            }
            let sharer = waiting[firstWaiting]
            if let invitation = sharer.invitation { return (sharer, invitation) }
        }
        return nil
    }

    func completed(_ meeting: Meeting) {
        if meeting.counts { completed += 1 }
        release(meeting)
    }

    func failed(_ meeting: Meeting) { release(meeting) }

    private func release(_ meeting: Meeting) {
        // After what is being handled: the machines of both sides are at work.
        let bound = NIOLoopBound(meeting, eventLoop: loop)
        loop.execute { [self] in
            meetings[ObjectIdentifier(bound.value)] = nil
            bound.value.sharer.release()
        }
    }

    func record(_ time: Time, _ duration: Duration, _ counts: Bool) { if counts { times[time.rawValue].record(duration) } }

    func fail(_ why: String, _ meeting: Meeting?) {
        failures[why, default: 0] += 1
        meeting?.fail(why)
    }

    func end() async {
        try? await loop.submit { [self] in
            isEnding = true
            for sharer in sharers { sharer.close() }
            for contact in contacts { contact.close() }
        }.get()
    }

    // MARK: Result

    struct Result: Sendable { let json: String }

    private var result: Result {
        let failures = OrderedJSON.members(self.failures.sorted { $0.key < $1.key }.map { ($0.key, .number($0.value)) })
        return Result(
            json: OrderedJSON.object([
                "begun": .number(counted), "met": .number(completed), "per_second": .literal("\(Double(completed) / plan.duration)"),
                "message": times[Time.message.rawValue].json, "met_after": times[Time.met.rawValue].json,
                "whole": times[Time.whole.rawValue].json, "failures": failures,
            ]).text)
    }
}
