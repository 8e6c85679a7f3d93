import NetPrimitives
import Session
import Testing

@Suite("files, clipboard and connections: every state and everything that can happen in it")
struct SideRequestTests {
    @Test("each cell of the table is as written", arguments: Role.allCases)
    func table(role: Role) {
        let expected = role == .sharer ? sharerSideTable : helperSideTable
        let actual = SideTable.render(role)
        let (left, right) = (expected.split(separator: "\n"), actual.split(separator: "\n"))
        for (want, have) in zip(left, right) where want != have { Issue.record("\(role): want \(want)\nhave \(have)") }
        #expect(left.count == right.count, "the whole table of the \(role) is now:\n\(actual)")
    }

    private func ready(_ role: Role, rules: SideRules? = nil, limits: SessionLimits = SessionLimits()) -> Script {
        var script = Script(role, rules: rules ?? SideTable.rules(of: role), limits: limits)
        for step in SideTable.letIn(role) { _ = script.take(step) }
        return script
    }

    @Test("who has nobody for a capability, or a policy against it, answers by policy and asks nobody", arguments: Role.allCases)
    func policy(role: Role) {
        for subject in [SideTable.file, .clipboard(.both), .tcp(SideTable.destination)] {
            var script = ready(role, rules: SideRules())
            let outcome = script.take(.peer(.ask(id: 4, subject)))
            #expect(outcome.events == [.denied(subject.kind, by: .policy)])
            #expect(outcome.messages == [.denied(id: 4, subject.kind, by: .policy)])
            #expect(script.take(.command(.yes(nil))).refusal == .nothingAsked)
        }
    }

    @Test("what the helper types is no answer: nothing of it passes while something is asked, nor counts a yes behind it")
    func typedAnswers() {
        var sharer = ready(.sharer)
        _ = sharer.take(.peer(.request(id: 2, .control, detail: "")))
        _ = sharer.take(.command(.yes(nil)))
        #expect(sharer.take(.peer(.input(.text("yes")))).events == [.input(.text("yes"))])
        _ = sharer.take(.peer(.ask(id: 7, SideTable.file)))
        #expect(sharer.take(.peer(.input(.text("\n")))).events.isEmpty)
        #expect(sharer.take(.command(.yes(nil))).refusal == .helperWasTyping)
        #expect(sharer.take(.command(.yes(3))).refusal == .helperWasTyping)
        _ = sharer.take(.wait(.seconds(2)))
        #expect(sharer.take(.command(.yes(nil))).refusal == nil)
        #expect(sharer.take(.peer(.input(.text("a")))).events == [.input(.text("a"))])
        // A no counts at once.
        _ = sharer.take(.peer(.ask(id: 8, SideTable.file)))
        #expect(sharer.take(.command(.no(nil))).refusal == nil)
    }

    @Test("a bare yes to what was taken back a moment ago is no yes to what stands in its place")
    func changedQuestion() {
        for way in [Script.Step.peer(.withdrawn(id: 7, .file)), .peer(.release(.file)), .wait(.seconds(60))] {
            var sharer = ready(.sharer)
            _ = sharer.take(.peer(.ask(id: 7, SideTable.file)))
            _ = sharer.take(.wait(.seconds(1)))
            _ = sharer.take(.peer(.request(id: 3, .control, detail: "")))
            if case .wait = way { _ = sharer.take(.wait(.milliseconds(59_000))) } else { _ = sharer.take(way) }
            #expect(sharer.take(.command(.yes(nil))).refusal == .questionChanged)
            var named = sharer
            #expect(named.take(.command(.yes(3))).events == [.granted(.control, by: .sharer)])
            var denied = sharer
            #expect(denied.take(.command(.no(nil))).refusal == nil)
        }
        var sharer = ready(.sharer)
        _ = sharer.take(.peer(.request(id: 3, .control, detail: "")))
        _ = sharer.take(.peer(.ask(id: 7, SideTable.file)))
        _ = sharer.take(.peer(.release(.control)))
        #expect(sharer.take(.command(.yes(nil))).refusal == .questionChanged)
        _ = sharer.take(.wait(.seconds(3)))
        #expect(sharer.take(.command(.yes(nil))).refusal == nil)
    }

    @Test("a clipboard is asked for once at a time, and so is a place; files are asked for as often as there are")
    func once() {
        var sharer = ready(.sharer)
        for (first, second) in [(UInt32(4), UInt32(5)), (6, 7)] {
            let subject: SideRequest.Subject = first == 4 ? .clipboard(.both) : .tcp(SideTable.destination)
            #expect(sharer.take(.peer(.ask(id: first, subject))).messages.isEmpty)
            let again = sharer.take(.peer(.ask(id: second, subject)))
            #expect(again.events.isEmpty && again.messages == [.denied(id: second, subject.kind, by: .policy)])
        }
        #expect(sharer.take(.peer(.ask(id: 8, SideTable.file))).messages.isEmpty)
        #expect(sharer.take(.peer(.ask(id: 9, SideTable.file))).messages.isEmpty)
    }

    @Test("who may not see the screen any more may ask for nothing")
    func afterView() {
        var sharer = ready(.sharer)
        _ = sharer.take(.peer(.release(.view)))
        #expect(sharer.take(.peer(.ask(id: 7, SideTable.file))).messages == [.denied(id: 7, .file, by: .policy)])
        #expect(sharer.take(.command(.ask(SideTable.file))).refusal == .notGranted(.view))
    }

    @Test("each side's rules hold in each direction")
    func directions() {
        var sharer = ready(.sharer, rules: SideRules(files: .send, clipboard: .receive, tcp: []))
        #expect(sharer.take(.peer(.ask(id: 4, SideTable.file))).events == [.denied(.file, by: .policy)])
        #expect(sharer.take(.command(.ask(SideTable.file))).messages.count == 1)
        for ways in [SideRules.Ways.receive, .both] {
            #expect(sharer.take(.peer(.ask(id: 5, .clipboard(ways)))).events == [.denied(.clipboard, by: .policy)])
        }
        #expect(sharer.take(.peer(.ask(id: 6, .clipboard(.send)))).messages.isEmpty)
        #expect(sharer.take(.peer(.ask(id: 7, .tcp(SideTable.destination)))).events == [.denied(.tcp, by: .policy)])

        var helper = ready(.helper, rules: SideRules(files: .receive, clipboard: .receive, tcp: nil))
        #expect(helper.take(.command(.ask(SideTable.file))).refusal == .notAllowed(.file))
        #expect(helper.take(.command(.ask(.tcp(SideTable.destination)))).refusal == .notAvailable(.tcp))
        #expect(helper.take(.command(.request(.clipboard))).messages == [.ask(id: 2, .clipboard(.receive))])
    }

    @Test("the helper learns what there is with the first yes and not before; the sharer learns it at once")
    func rulesAreTold() {
        var helper = SessionMachine(role: .helper, peer: "Sara", rules: SideRules(files: .both), at: .zero)
        #expect(helper.nextMessage() == ControlMessage.request(id: 1, .view, detail: "").encoded())
        #expect(helper.nextMessage() == ControlMessage.rules(SideRules(files: .both)).encoded())
        var sharer = Script(.sharer, rules: SideTable.rules(of: .sharer))
        #expect(sharer.take(.peer(.request(id: 1, .view, detail: ""))).messages.isEmpty)
        #expect(
            sharer.take(.command(.yes(nil))).messages
                == [.granted(id: 1, .view), .rules(SideTable.rules(of: .sharer))])
    }

    @Test("a file's name is made harmless before anybody is asked about it")
    func name() {
        var sharer = ready(.sharer)
        let events = sharer.take(.peer(.ask(id: 4, .file(name: "../../.bashrc\u{202E}", bytes: 1)))).events
        #expect(
            events == [
                .sideRequest(SideRequest(id: 2, wireID: 4, asker: .helper, .file(name: "bashrc", bytes: 1)), from: "Hugo")
            ])
    }

    @Test("silence is a no at the moment that was told, for each request by itself")
    func silence() {
        var sharer = ready(.sharer)
        _ = sharer.take(.peer(.ask(id: 4, SideTable.file)))
        _ = sharer.take(.wait(.seconds(30)))
        _ = sharer.take(.peer(.ask(id: 5, .clipboard(.both))))
        #expect(sharer.machine.nextDeadline == .zero + .seconds(60))
        #expect(sharer.take(.wait(.milliseconds(29_999))).events.isEmpty)
        #expect(sharer.take(.wait(.milliseconds(1))).messages == [.denied(id: 4, .file, by: .timeout)])
        #expect(sharer.machine.nextDeadline == .zero + .seconds(90))
        #expect(sharer.take(.wait(.seconds(30))).messages == [.denied(id: 5, .clipboard, by: .timeout)])
        #expect(sharer.machine.nextDeadline == nil)
    }

    @Test("after a no there is quiet, and being asked in vain has an end; a yes does not count")
    func wearingDown() {
        var limits = SessionLimits()
        limits.requestsPerCapability = 2
        var sharer = ready(.sharer, limits: limits)
        for id in UInt32(10)..<20 {
            _ = sharer.take(.peer(.ask(id: id, SideTable.file)))
            guard case .sideGranted(let request, by: .sharer)? = sharer.take(.command(.yes(nil))).events.first else {
                return #expect(Bool(false))
            }
            sharer.machine.settle(request.id)
        }
        _ = sharer.events(after: .peer(.ask(id: 20, SideTable.file)), .command(.no(nil)))
        #expect(sharer.take(.peer(.ask(id: 21, SideTable.file))).events == [.denied(.file, by: .policy)])
        _ = sharer.take(.wait(.seconds(10)))
        _ = sharer.events(after: .peer(.ask(id: 22, SideTable.file)), .command(.no(nil)), .wait(.seconds(10)))
        #expect(sharer.take(.peer(.ask(id: 23, SideTable.file))).events == [.denied(.file, by: .policy)])
        #expect(sharer.take(.command(.ask(SideTable.file))).refusal == nil, "what the sharer asks counts by itself")
    }

    @Test("so many at once and no more, asked or granted, on both sides")
    func bounds() {
        var helper = ready(.helper)
        for _ in 0..<8 { #expect(helper.take(.command(.ask(SideTable.file))).refusal == nil) }
        #expect(helper.take(.command(.ask(SideTable.file))).refusal == .tooMany(.file))
        helper.machine.withdraw(2)
        #expect(helper.take(.command(.ask(SideTable.file))).refusal == nil)
        var sharer = ready(.sharer)
        var granted = 0
        for id in UInt32(10)..<60 {
            _ = sharer.take(.peer(.ask(id: id, SideTable.file)))
            if sharer.take(.command(.yes(nil))).refusal == nil { granted += 1 }
        }
        #expect(granted == 16 && sharer.machine.lent.count == 16)
    }

    @Test("what was taken back while its yes was on the way ends on both sides")
    func crossing() {
        var helper = ready(.helper)
        _ = helper.take(.command(.ask(SideTable.file)))
        _ = helper.take(.command(.release(.file)))
        #expect(helper.take(.peer(.granted(id: 2, .file))).messages == [.withdrawn(id: 2, .file)])
        var sharer = ready(.sharer)
        _ = sharer.events(after: .peer(.ask(id: 2, SideTable.file)), .command(.yes(nil)))
        #expect(sharer.machine.lent(.file, toPeersRequest: 2) != nil && sharer.machine.lent(.tcp, toPeersRequest: 2) == nil)
        let request = SideRequest(id: 2, wireID: 2, asker: .helper, SideTable.file)
        #expect(sharer.take(.peer(.withdrawn(id: 2, .file))).events == [.sideRevoked(request, by: .helper)])
        #expect(sharer.machine.lent.isEmpty)
    }
}
