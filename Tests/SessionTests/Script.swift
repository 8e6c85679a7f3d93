import NetPrimitives
import Session

/// A machine under test with its clock, and what it said since it was last asked.
struct Script {
    var machine: SessionMachine
    var now = Instant.zero

    init(
        _ role: Role, ceiling: Ceiling = .control, rules: SideRules = SideRules(), limits: SessionLimits = SessionLimits()
    ) {
        machine = SessionMachine(
            role: role, peer: role == .sharer ? "Hugo" : "Sara", ceiling: ceiling, rules: rules, limits: limits, at: now)
        _ = drain()
    }

    /// One thing that can happen to a machine.
    enum Step: Hashable {
        case command(SessionCommand)
        case peer(ControlMessage)
        case bytes([UInt8])
        case wait(Duration)
        case end(EndReason)
    }

    struct Outcome: Hashable {
        var events: [SessionEvent] = []
        var messages: [ControlMessage] = []
        var refusal: CommandRefusal?
    }

    mutating func take(_ step: Step) -> Outcome {
        var refusal: CommandRefusal?
        switch step {
        case .command(let command):
            do { try machine.perform(command, at: now) } catch { refusal = error }
        case .peer(let message): machine.receive(message.encoded(), at: now)
        case .bytes(let bytes): machine.receive(bytes, at: now)
        case .wait(let duration):
            now += duration
            machine.handleTimeout(at: now)
        case .end(let reason): machine.end(reason)
        }
        var outcome = drain()
        outcome.refusal = refusal
        return outcome
    }

    /// The events of several steps in a row.
    mutating func events(after steps: Step...) -> [SessionEvent] { steps.flatMap { take($0).events } }

    private mutating func drain() -> Outcome {
        var outcome = Outcome()
        while let event = machine.nextEvent() { outcome.events.append(event) }
        while let bytes = machine.nextMessage() {
            if let message = (try? ControlMessage.decode(bytes)) ?? nil { outcome.messages.append(message) }
        }
        return outcome
    }
}

extension Keysym {
    static let a = key("a")
    static let control = key("Control_L")

    static func key(_ name: String) -> Keysym { Keysym(name: name) ?? .escape }
}
