import NetPrimitives
import Session
import TestSupport
import Testing

/// Two machines joined by queues that deliver late; what the people and the network do is random.
private struct Pair {
    var random: SplitMix64
    var now = Instant.zero
    var sharer: SessionMachine
    var helper: SessionMachine
    var toSharer: [[UInt8]] = []
    var toHelper: [[UInt8]] = []
    var watch = Watch()

    /// What must be true of the sharer's events, in the words of the person whose screen it is.
    struct Watch {
        var saidYesToView = false
        var saidYesToControl = false
        var sharing = false
        var paused = false
        var held: Set<InputEvent> = []
        /// What its person said yes to beside view and control, by number.
        var lent: Set<UInt32> = []
        var grants = 0
        var ended: EndReason?
        var complaints: [String] = []
        var inputs = 0
    }

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        let ceiling: Ceiling = Int.random(in: 0..<4, using: &random) == 0 ? .viewOnly : .control
        sharer = SessionMachine(role: .sharer, peer: "Hugo", ceiling: ceiling, rules: SideTable.rules(of: .sharer), at: .zero)
        helper = SessionMachine(role: .helper, peer: "Sara", ceiling: ceiling, rules: SideTable.rules(of: .helper), at: .zero)
    }

    mutating func step() {
        now += .milliseconds(Int.random(in: 0...800, using: &random))
        switch Int.random(in: 0..<14, using: &random) {
        case 0...2: sharerDoes()
        case 3...5: helperDoes()
        case 6...7: if !toSharer.isEmpty { sharer.receive(toSharer.removeFirst(), at: now) }
        case 8...9: if !toHelper.isEmpty { helper.receive(toHelper.removeFirst(), at: now) }
        case 10: sharer.handleTimeout(at: now)
        default: deliverAll()
        }
        drain()
    }

    private mutating func sharerDoes() {
        let usual: [SessionCommand] = [
            .yes(nil), .yes(nil), .yes(nil), .yes(1), .pause, .resume, .resume, .resume, .say("hi"),
            .request(.view), .release(.control), .input(.text("x")), .ask(SideTable.file), .revoke(.file), .revoke(.tcp),
            .revoke(.clipboard),
        ]
        // These end a session or stand close to it: were they usual, every run would be short.
        let rare: [SessionCommand] = [.no(nil), .no(nil), .revoke(.control), .revoke(.control), .revoke(.view), .stop]
        let isRare = Int.random(in: 0..<15, using: &random) == 0
        guard let command = (isRare ? rare : usual).randomElement(using: &random) else { return }
        let (asked, lent) = (sharer.status, sharer.lent.count)
        if let request = sharer.lent.randomElement(using: &random), Bool.random(using: &random) {
            return sharer.withdraw(request.id)
        }
        do { try sharer.perform(command, at: now) } catch { return }
        if case .yes = command, sharer.lent.count == lent {
            if asked.view == .asked { watch.saidYesToView = true } else { watch.saidYesToControl = true }
        }
    }

    private mutating func helperDoes() {
        let usual: [SessionCommand] = [
            .input(.key(.a, down: true)), .input(.key(.a, down: false)), .input(.button(.left, down: true)),
            .input(.button(.left, down: false)), .input(.move(x: 1, y: 2)), .input(.text("t")),
            .input(.scroll(dx: 0, dy: -1)), .request(.control), .request(.control), .request(.view), .say("ho"),
            .requestKeyFrame, .acknowledge(frame: 9), .ask(SideTable.file), .ask(.tcp(SideTable.destination)),
            .request(.clipboard), .yes(nil), .no(nil),
        ]
        let rare: [SessionCommand] = [
            .release(.control), .release(.control), .release(.view), .request(.file), .yes(nil), .pause,
            .release(.file), .release(.tcp), .release(.clipboard),
        ]
        let isRare = Int.random(in: 0..<12, using: &random) == 0
        guard let command = (isRare ? rare : usual).randomElement(using: &random) else { return }
        if let request = helper.lent.randomElement(using: &random), Int.random(in: 0..<8, using: &random) == 0 {
            return helper.withdraw(request.id)
        }
        try? helper.perform(command, at: now)
    }

    mutating func deliverAll() {
        drain()
        while !toSharer.isEmpty || !toHelper.isEmpty {
            if !toSharer.isEmpty { sharer.receive(toSharer.removeFirst(), at: now) }
            if !toHelper.isEmpty { helper.receive(toHelper.removeFirst(), at: now) }
            drain()
        }
    }

    mutating func drain() {
        while let message = sharer.nextMessage() { toHelper.append(message) }
        while let message = helper.nextMessage() { toSharer.append(message) }
        while let event = sharer.nextEvent() { watch.see(event) }
        while helper.nextEvent() != nil {}
    }
}

extension Pair.Watch {
    mutating func see(_ event: SessionEvent) {
        if ended != nil { complaints.append("\(event) after the end") }
        switch event {
        case .startSharing:
            if !saidYesToView { complaints.append("the screen flows without a yes") }
            if sharing { complaints.append("started twice") }
            sharing = true
        case .stopSharing:
            if !sharing { complaints.append("stopped without a start") }
            sharing = false
        case .input(let input):
            inputs += 1
            if !saidYesToControl { complaints.append("input without a yes to control") }
            if !sharing || paused { complaints.append("input while nothing is shown") }
            switch input {
            case .key(_, down: true), .button(_, down: true): held.insert(input)
            case .key(let key, down: false): held.remove(.key(key, down: true))
            case .button(let button, down: false): held.remove(.button(button, down: true))
            case .move, .scroll, .text: break
            }
        case .letGo: held = []
        case .paused: paused = true
        case .resumed: paused = false
        case .revoked(.view, _): (saidYesToView, saidYesToControl, paused) = (false, false, false)
        case .revoked(.control, _): saidYesToControl = false
        case .keyFrameRequested, .frameAcknowledged:
            if !sharing { complaints.append("\(event) while nothing is shown") }
        case .ended(let reason, _):
            ended = reason
            if sharing { complaints.append("ended while the screen flows") }
        case .sideGranted(let request, _):
            grants += 1
            if !lent.insert(request.id).inserted { complaints.append("granted twice") }
        case .sideRevoked(let request, _):
            if lent.remove(request.id) == nil { complaints.append("ended what was not granted") }
        case .sideRequest, .sideDenied, .peerRules, .request, .granted, .denied, .revoked, .chat: break
        }
        if case .revoked(.view, _) = event, !lent.isEmpty { complaints.append("\(lent) is lent and nothing is shown") }
        if !saidYesToControl || paused || ended != nil, !held.isEmpty {
            complaints.append("\(held) is still down after \(event)")
        }
    }
}

@Suite("two machines and random people")
struct SessionOperationFuzzTests {
    @Test("nothing is shown or typed without a yes, and both come to agree", arguments: 0..<16)
    func agreement(batch: Int) {
        var (inputs, grants) = (0, 0)
        for run in 0..<150 {
            let seed = UInt64(batch * 1000 + run)
            var pair = Pair(seed: seed)
            for _ in 0..<300 { pair.step() }
            pair.deliverAll()
            #expect(pair.watch.complaints.isEmpty, "seed \(seed)")
            let (sharer, helper) = (pair.sharer.status, pair.helper.status)
            #expect(sharer.ended == helper.ended, "seed \(seed)")
            #expect(sharer == helper, "seed \(seed)")
            #expect(Self.lent(pair.sharer) == Self.lent(pair.helper), "seed \(seed)")
            if sharer.ended == nil { #expect(Set(pair.sharer.lent.map(\.id)) == pair.watch.lent, "seed \(seed)") }
            grants += pair.watch.grants
            #expect(sharer.ended != .error, "seed \(seed): honest people, and yet \(sharer)")
            inputs += pair.watch.inputs
            try? pair.helper.perform(.stop, at: pair.now)
            pair.deliverAll()
            #expect(
                pair.sharer.status.ended != nil && pair.helper.status.ended == pair.sharer.status.ended, "seed \(seed)")
        }
        #expect(inputs > 20 && grants > 50, "these runs come far enough to mean something")
        print("two machines: seeds \(batch * 1000)..<\(batch * 1000 + 150)")
    }

    /// As both sides know it.
    private static func lent(_ machine: SessionMachine) -> Set<String> {
        Set(machine.lent.map { "\($0.asker) \($0.wireID) \($0.kind)" })
    }

    @Test("a sharer holds against a peer that sends anything", arguments: 0..<8)
    func hostilePeer(batch: Int) {
        for run in 0..<300 {
            let seed = UInt64(1_000_000 + batch * 1000 + run)
            var pair = Pair(seed: seed)
            for _ in 0..<80 {
                pair.toSharer = [Self.anything(using: &pair.random)]
                pair.toHelper = Bool.random(using: &pair.random) ? [] : [Self.anything(using: &pair.random)]
                pair.step()
            }
            #expect(pair.watch.complaints.isEmpty, "seed \(seed)")
        }
        print("hostile peer: seeds from \(1_000_000 + batch * 1000)")
    }

    /// A valid message, or one with a bit turned, cut, or made of noise.
    private static func anything(using random: inout SplitMix64) -> [UInt8] {
        let kinds = Capability.allCases
        let kind = kinds[Int.random(in: 0..<kinds.count, using: &random)]
        let id = UInt32.random(in: 0...4, using: &random)
        let messages: [ControlMessage] = [
            .request(id: id, kind, detail: "x"), .request(id: id, .view, detail: ""),
            .request(id: id, .control, detail: ""),
            .granted(id: id, kind), .denied(id: id, kind, by: .timeout), .revoked(kind, by: .policy), .release(kind),
            .paused, .resumed, .chat("hello"),
            .input(.key(.a, down: true)), .input(.button(.left, down: true)), .input(.text("rm")),
            .input(.move(x: 9, y: 9)), .keyFrame, .acknowledge(frame: id), .ask(id: id, SideTable.file),
            .ask(id: id, .clipboard(.both)), .ask(id: id, .tcp(SideTable.destination)), .withdrawn(id: id, kind),
            .rules(SideTable.rules(of: .helper)),
        ]
        var bytes = messages[Int.random(in: 0..<messages.count, using: &random)].encoded()
        switch Int.random(in: 0..<30, using: &random) {
        case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
        case 2:
            bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        default: break
        }
        return bytes
    }
}
