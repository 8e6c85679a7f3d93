/// Something one side lets the other do, each after a yes of its own.
///
/// Of `file`, `clipboard` and `tcp` a session has what the `SideRules` of both sides leave; the rest is denied by policy, and
/// nobody is asked.
public enum Capability: String, Hashable, Sendable, CaseIterable {
    case view, control, file, clipboard, tcp
}

extension Capability {
    /// Whether it is one of those that stand beside view and control, and are asked for one by one.
    public var isSide: Bool {
        switch self {
        case .view, .control: false
        case .file, .clipboard, .tcp: true
        }
    }

    var wireCode: UInt8 {
        switch self {
        case .view: 1
        case .control: 2
        case .file: 3
        case .clipboard: 4
        case .tcp: 5
        }
    }

    /// Nil for a capability this version does not know.
    init?(wireCode: UInt8) {
        guard let match = Self.allCases.first(where: { $0.wireCode == wireCode }) else { return nil }
        self = match
    }
}
