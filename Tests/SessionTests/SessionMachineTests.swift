import NetPrimitives
import Session
import Testing

private func expect(
    _ script: inout Script, after steps: Script.Step..., says events: [SessionEvent],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let said = steps.flatMap { script.take($0).events }
    #expect(said == events, sourceLocation: sourceLocation)
}

@Suite("the consent machine")
struct SessionMachineTests {
    @Test("the helper asks to view by itself, the sharer says nothing")
    func opening() {
        var helper = SessionMachine(role: .helper, peer: "Sara", at: .zero)
        #expect(helper.nextMessage() == ControlMessage.request(id: 1, .view, detail: "").encoded())
        #expect(helper.status == SessionStatus(view: .asked))
        var sharer = SessionMachine(role: .sharer, peer: "Hugo", at: .zero)
        #expect(sharer.nextMessage() == nil)
        #expect(!sharer.screenMayFlow)
    }

    @Test("the main job: view, control, revoke, stop")
    func mainJob() {
        var sharer = Script(.sharer)
        expect(
            &sharer, after: .peer(.request(id: 1, .view, detail: "")),
            says: [.request(id: 1, .view, from: "Hugo", detail: "")])
        expect(&sharer, after: .command(.yes(1)), says: [.granted(.view, by: .sharer), .startSharing])
        expect(&sharer, after: .peer(.input(.text("no"))), says: [])
        expect(
            &sharer, after: .peer(.request(id: 2, .control, detail: "the printer")),
            says: [.request(id: 2, .control, from: "Hugo", detail: "the printer")])
        expect(&sharer, after: .peer(.input(.text("still no"))), says: [])
        expect(&sharer, after: .command(.yes(nil)), says: [.granted(.control, by: .sharer)])
        expect(&sharer, after: .peer(.input(.text("yes"))), says: [.input(.text("yes"))])
        expect(&sharer, after: .command(.revoke(.control)), says: [.revoked(.control, by: .sharer)])
        expect(&sharer, after: .peer(.input(.text("no more"))), says: [])
        expect(&sharer, after: .command(.stop), says: [.stopSharing, .ended(.finished, detail: "")])
    }

    @Test("an invitation to view only denies control without asking anybody")
    func ceiling() {
        var sharer = Script(.sharer, ceiling: .viewOnly)
        _ = sharer.events(after: .peer(.request(id: 1, .view, detail: "")), .command(.yes(nil)))
        let outcome = sharer.take(.peer(.request(id: 2, .control, detail: "")))
        #expect(outcome.events == [.denied(.control, by: .policy)])
        #expect(outcome.messages == [.denied(id: 2, .control, by: .policy)])
        #expect(sharer.take(.command(.yes(nil))).refusal == .nothingAsked)
    }

    @Test("a request nobody answers for 60 seconds is a no, and not a moment sooner")
    func unanswered() {
        var sharer = Script(.sharer)
        expect(
            &sharer, after: .peer(.request(id: 1, .view, detail: "")),
            says: [.request(id: 1, .view, from: "Hugo", detail: "")])
        #expect(sharer.machine.nextDeadline == .zero + .seconds(60))
        expect(&sharer, after: .wait(.milliseconds(59_999)), says: [])
        expect(
            &sharer, after: .wait(.milliseconds(1)), says: [.denied(.view, by: .timeout), .ended(.timeout, detail: "")])
        #expect(sharer.machine.nextDeadline == nil)
    }

    @Test("a yes that comes after the deadline is too late, even when nobody called handleTimeout")
    func lateYes() {
        var sharer = Script(.sharer)
        _ = sharer.take(.peer(.request(id: 1, .view, detail: "")))
        sharer.now += .seconds(60)
        let outcome = sharer.take(.command(.yes(nil)))
        #expect(outcome.refusal == .hasEnded)
        #expect(outcome.events == [.denied(.view, by: .timeout), .ended(.timeout, detail: "")])
    }

    @Test("after a no the same thing is not asked for ten seconds")
    func quietAfterNo() {
        var sharer = Script(.sharer)
        _ = sharer.events(after: .peer(.request(id: 1, .view, detail: "")), .command(.yes(nil)))
        let ask = Script.Step.peer(.request(id: 2, .control, detail: ""))
        expect(
            &sharer, after: ask, .command(.no(nil)),
            says: [.request(id: 2, .control, from: "Hugo", detail: ""), .denied(.control, by: .sharer)])
        expect(&sharer, after: .wait(.milliseconds(9_999)), ask, says: [.denied(.control, by: .policy)])
        expect(
            &sharer, after: .wait(.milliseconds(1)), ask, says: [.request(id: 3, .control, from: "Hugo", detail: "")])

        var helper = Script(.helper)
        _ = helper.events(
            after: .peer(.granted(id: 1, .view)), .command(.request(.control)),
            .peer(.denied(id: 2, .control, by: .sharer)))
        _ = helper.take(.wait(.seconds(3)))
        #expect(helper.take(.command(.request(.control))).refusal == .tooSoon(.seconds(7)))
        _ = helper.take(.wait(.seconds(7)))
        #expect(helper.take(.command(.request(.control))).messages == [.request(id: 3, .control, detail: "")])
    }

    @Test("control is asked ten times in a session at most, withdrawn requests included")
    func quota() {
        var sharer = Script(.sharer)
        _ = sharer.events(after: .peer(.request(id: 1, .view, detail: "")), .command(.yes(nil)))
        var asked = 0
        for id in UInt32(2)...30 {
            for case .request in sharer.events(
                after: .peer(.request(id: id, .control, detail: "")), .peer(.release(.control)))
            {
                asked += 1
            }
        }
        #expect(asked == 10)
    }

    @Test("a helper that does not stop asking is sent away")
    func flood() {
        var sharer = Script(.sharer)
        for id in UInt32(1)...50 { _ = sharer.take(.peer(.request(id: id, .tcp, detail: "127.0.0.1:22"))) }
        #expect(sharer.machine.status.ended == nil)
        _ = sharer.take(.peer(.request(id: 51, .tcp, detail: "")))
        #expect(sharer.machine.status.ended == .error)
    }

    @Test(
        "files, clipboard and forwarding are denied by policy on both sides for now", arguments: Role.allCases,
        [Capability.file, .clipboard, .tcp])
    func laterCapabilities(role: Role, kind: Capability) {
        var script = Script(role)
        let outcome = script.take(.peer(.request(id: 4, kind, detail: "x")))
        #expect(outcome.events == [.denied(kind, by: .policy)])
        #expect(outcome.messages == [.denied(id: 4, kind, by: .policy)])
    }

    @Test("what the helper holds down is let go when control ends, the last pressed first")
    func heldInput() throws {
        let left = PointerButton.left
        for ending in [
            Script.Step.command(.pause), .command(.revoke(.control)), .command(.stop), .end(.peerLost),
            .peer(.release(.control)), .peer(.end(.finished, detail: "")), .bytes([]),
        ] {
            var sharer = Script(.sharer)
            _ = sharer.events(
                after: .peer(.request(id: 1, .view, detail: "")), .command(.yes(nil)),
                .peer(.request(id: 2, .control, detail: "")), .command(.yes(nil)),
                .peer(.input(.key(.control, down: true))), .peer(.input(.key(.a, down: true))),
                .peer(.input(.button(left, down: true))), .peer(.input(.key(.a, down: false))))
            let first = sharer.take(ending).events.first
            #expect(first == .letGo([.key(.control, down: false), .button(left, down: false)]))
        }
    }

    @Test("a repeated press, and a release of what is up, are not passed on")
    func repeats() {
        var sharer = Script(.sharer)
        _ = sharer.events(
            after: .peer(.request(id: 1, .view, detail: "")), .command(.yes(nil)),
            .peer(.request(id: 2, .control, detail: "")), .command(.yes(nil)))
        let press = Script.Step.peer(.input(.key(.a, down: true)))
        let release = Script.Step.peer(.input(.key(.a, down: false)))
        expect(
            &sharer, after: release, press, press, release, release,
            says: [.input(.key(.a, down: true)), .input(.key(.a, down: false))])
        var pressed = 0
        for symbol in UInt32(0x100)..<0x200 {
            guard let keysym = Keysym(rawValue: symbol) else { continue }
            pressed += sharer.events(after: .peer(.input(.key(keysym, down: true)))).count
        }
        #expect(pressed == HeldInput.maximumKeys)
    }

    @Test("key frames are asked for at most twice a second, and the last request is not lost")
    func keyFrames() {
        var sharer = Script(.sharer)
        _ = sharer.events(after: .peer(.request(id: 1, .view, detail: "")), .command(.yes(nil)))
        expect(&sharer, after: .peer(.keyFrame), .peer(.keyFrame), .peer(.keyFrame), says: [.keyFrameRequested])
        #expect(sharer.machine.nextDeadline == .zero + .milliseconds(500))
        expect(&sharer, after: .wait(.milliseconds(500)), says: [.keyFrameRequested])
        #expect(sharer.machine.nextDeadline == nil)
        expect(
            &sharer, after: .peer(.keyFrame), .command(.pause), .wait(.seconds(1)), .command(.resume),
            says: [.stopSharing, .paused, .resumed, .startSharing])
    }

    @Test("only the last place of the pointer waits, and what else waits has a bound")
    func queues() throws {
        var helper = Script(.helper)
        _ = helper.events(
            after: .peer(.granted(id: 1, .view)), .command(.request(.control)), .peer(.granted(id: 2, .control)))
        var machine = helper.machine
        for x in UInt16(0)..<5000 { try machine.perform(.input(.move(x: x, y: 1)), at: .zero) }
        #expect(machine.nextMessage() == ControlMessage.input(.move(x: 4999, y: 1)).encoded())
        #expect(machine.nextMessage() == nil)
        for _ in 0..<1024 { try machine.perform(.input(.scroll(dx: 0, dy: 1)), at: .zero) }
        #expect(throws: CommandRefusal.busy) { try machine.perform(.input(.scroll(dx: 0, dy: 1)), at: .zero) }
        try machine.perform(.stop, at: .zero)
        #expect(
            machine.nextMessage() == ControlMessage.end(.finished, detail: "").encoded(), "input does not delay the end"
        )
    }

    @Test("a helper whose connection is slow still hears what the sharer says")
    func slowConnection() throws {
        var helper = Script(.helper)
        _ = helper.events(
            after: .peer(.granted(id: 1, .view)), .command(.request(.control)), .peer(.granted(id: 2, .control)))
        for _ in 0..<1024 { try helper.machine.perform(.input(.scroll(dx: 0, dy: 1)), at: .zero) }
        helper.machine.receive(ControlMessage.paused.encoded(), at: .zero)
        #expect(helper.machine.nextEvent() == .paused)
        #expect(helper.machine.status.ended == nil)
    }

    @Test("a peer that sends faster than events are taken ends the session, with room for the end")
    func overflow() {
        var sharer = SessionMachine(role: .sharer, peer: "Hugo", at: .zero)
        for _ in 0..<5000 { sharer.receive(ControlMessage.chat("x").encoded(), at: .zero) }
        var events: [SessionEvent] = []
        while let event = sharer.nextEvent() { events.append(event) }
        #expect(events.count == 1025)
        guard case .ended(.error, _)? = events.last else { return #expect(Bool(false), "no end") }
    }

    @Test("texts are checked before they are sent")
    func texts() {
        var helper = Script(.helper)
        _ = helper.events(
            after: .peer(.granted(id: 1, .view)), .command(.request(.control)), .peer(.granted(id: 2, .control)))
        #expect(helper.take(.command(.say(""))).refusal == .emptyText)
        #expect(
            helper.take(.command(.say(String(repeating: "ä", count: 2049)))).refusal == .textTooLong(maximumBytes: 4096)
        )
        #expect(helper.take(.command(.input(.text("a\u{1B}[2J")))).refusal == .notTypeable)
        #expect(helper.take(.command(.input(.text("")))).refusal == .emptyText)
        #expect(
            helper.take(.command(.input(.text(String(repeating: "a", count: 1025))))).refusal
                == .textTooLong(maximumBytes: 1024))
    }

    @Test("every refusal has a sentence")
    func sentences() {
        let all: [CommandRefusal] = [
            .hasEnded, .belongsToOtherSide, .nothingAsked, .alreadyAsked, .alreadyGranted, .notGranted(.view),
            .notGranted(.control), .notGranted(.tcp), .notGranted(.file), .notGranted(.clipboard), .notAllowed(.file),
            .notAllowedThere(.tcp), .tooMany(.file),
            .isPaused, .isNotPaused, .tooSoon(.milliseconds(1)), .tooOften, .notAvailable(.file), .emptyText,
            .textTooLong(maximumBytes: 7), .notTypeable, .busy,
        ]
        for refusal in all { #expect(refusal.description.hasSuffix(".")) }
        #expect(CommandRefusal.tooSoon(.milliseconds(1)).description.contains("in 1 s"))
    }
}
