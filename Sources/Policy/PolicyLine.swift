internal import NetPrimitives

/// One setting of the policy in force: what it is, who has said so, and where.
public struct PolicyLine: Hashable, Sendable {
    public enum Origin: Hashable, Sendable {
        case builtIn
        case administrator(file: String, line: Int?)
        case person(file: String, line: Int?)
    }

    public let key: String
    /// As JSON; `null` when it is left open.
    public let value: String
    public let origin: Origin
    /// Which policy of Windows it stands for.
    public let windows: String
    public let notes: [String]
    private let open: String

    init(_ setting: PolicySetting, of policy: Policy, from origin: Origin, notes: [String]) {
        key = setting.key
        value = setting.show(policy).text
        windows = setting.windows
        open = setting.open
        self.origin = origin
        self.notes = notes
    }

    static func place(_ file: String, _ line: Int?) -> String { line.map { "\(file):\($0)" } ?? file }

    /// `ceiling = "view"`, where it comes from, what it is called in Windows, and what is to be noted.
    public var sentences: [String] {
        let value = value == "null" ? "(\(open))" : value
        let source = switch origin {
        case .builtIn: "the default"
        case .administrator(let file, let line): Self.place(file, line)
        case .person(let file, let line): "\(Self.place(file, line)), your own configuration"
        }
        return ["\(key) = \(value)", "    from: \(source)", "    in Windows: \(windows)"] + notes.map { "    note: \($0)" }
    }

    var json: OrderedJSON {
        let (from, file, line): (String, String?, Int?) = switch origin {
        case .builtIn: ("default", nil, nil)
        case .administrator(let file, let line): ("administrator", file, line)
        case .person(let file, let line): ("person", file, line)
        }
        return .object([
            "key": .string(key), "value": .literal(value), "from": .string(from), "file": .optional(file),
            "line": line.map { .number($0) } ?? .null, "windows": windows == "none" ? .null : .string(windows),
            "notes": .array(notes.map { .string($0) }),
        ])
    }
}

extension EffectivePolicy {
    /// All of it as one line of JSON.
    public var json: String { OrderedJSON.object(["settings": .array(settings.map(\.json))]).text }

    /// All of it for a person.
    public var text: String { settings.flatMap(\.sentences).joined(separator: "\n") }
}
