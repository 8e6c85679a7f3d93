/// The keys and buttons the helper holds down on the sharer's desktop.
///
/// When control ends, for whatever reason, they are let go; a Control key left down would take the keyboard with it.
public struct HeldInput: Hashable, Sendable {
    /// More keys than there are fingers, and room for a rollover keyboard; further ones are not pressed.
    public static let maximumKeys = 32

    private var keys: [Keysym] = []
    private var buttons: [PointerButton] = []

    public init() {}

    public var isEmpty: Bool { keys.isEmpty && buttons.isEmpty }

    /// What lets everything go, the last pressed first.
    public var releases: [InputEvent] {
        keys.reversed().map { .key($0, down: false) } + buttons.reversed().map { .button($0, down: false) }
    }

    /// Notes an event; false when it must not be passed on: a second press of what is down (the sharer's own desktop
    /// repeats held keys), a release of what is up, a key beyond the bound.
    mutating func admit(_ event: InputEvent) -> Bool {
        switch event {
        case .key(let keysym, let down): Self.note(keysym, down: down, in: &keys, bound: Self.maximumKeys)
        case .button(let button, let down): Self.note(button, down: down, in: &buttons, bound: 9)
        case .move, .scroll, .text: true
        }
    }

    private static func note<Held: Equatable>(_ item: Held, down: Bool, in held: inout [Held], bound: Int) -> Bool {
        let index = held.firstIndex(of: item)
        switch (down, index) {
        case (true, nil) where held.count < bound:
            held.append(item)
            return true
        case (false, let index?):
            held.remove(at: index)
            return true
        case (true, _), (false, nil):
            return false
        }
    }
}
