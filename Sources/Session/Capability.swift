/// Something one side lets the other do, each after a yes of its own.
///
/// `file`, `clipboard` and `tcp` are in the protocol, but their machinery is a later issue: until then a request for
/// one of them is denied by policy, and nobody is asked.
public enum Capability: String, Hashable, Sendable, CaseIterable {
    case view, control, file, clipboard, tcp
}

extension Capability {
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
