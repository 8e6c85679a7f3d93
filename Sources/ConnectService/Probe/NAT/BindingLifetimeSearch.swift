import NetPrimitives

/// Narrows down how long a binding lives: several are left alone at once, each for another time, in two rounds.
package struct BindingLifetimeSearch: Sendable {
    /// Around what is common: 30 s for Linux's one-way, 60 and 120 s of home routers, 300 s as RFC 4787 §4.3 recommends.
    package static let first: [Duration] = [5, 10, 20, 30, 60, 120, 180, 300].map(Duration.seconds)
    /// Finer than a second nobody needs it.
    package static let precision = Duration.seconds(1)

    /// What is known so far.
    package private(set) var lifetime = BindingLifetime(atLeast: .zero, atMost: nil)
    private var round = 0

    package init() {}

    /// What to wait for next, each on a binding of its own; empty when it is known well enough.
    package mutating func nextRound() -> [Duration] {
        round += 1
        switch round {
        case 1:
            return Self.first
        case 2:
            guard let atMost = lifetime.atMost else { return [] }
            let width = atMost - lifetime.atLeast
            let parts = min(Int64(Self.first.count) + 1, width.components.seconds / Self.precision.components.seconds)
            return parts < 2 ? [] : (1..<parts).map { lifetime.atLeast + width * Int($0) / Int(parts) }
        default:
            return []
        }
    }

    /// What became of a binding that was left alone for `pause`. A later one that lived does not count against an earlier
    /// one that died: packets get lost, and nothing else makes bindings die early.
    package mutating func record(_ pause: Duration, hasLived: Bool) {
        if hasLived {
            lifetime.atLeast = max(lifetime.atLeast, pause)
            if let atMost = lifetime.atMost, atMost <= pause { lifetime.atMost = nil }
        } else if pause > lifetime.atLeast {
            lifetime.atMost = min(lifetime.atMost ?? pause, pause)
        }
    }
}
