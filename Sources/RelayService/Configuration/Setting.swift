import TOMLKit

/// One key of the configuration file: where its value lives, what it may be, and when a change takes effect.
struct Setting: Sendable {
    enum Change: Hashable, Sendable {
        /// SIGHUP takes it over.
        case atReload
        /// Only a new start does.
        case atRestart
    }

    let key: String
    let change: Change
    /// Takes a value of the file over; each mistake is told in a sentence.
    let apply: @Sendable (any TOMLValueConvertible, inout ServeConfiguration, _ tell: (String) -> Void) -> Void
    /// What is wrong with its value, wherever it came from; nil when it is good.
    let problem: @Sendable (ServeConfiguration) -> String?
    let differs: @Sendable (ServeConfiguration, ServeConfiguration) -> Bool
    /// Makes its value in one configuration what it is in another.
    let adopt: @Sendable (_ from: ServeConfiguration, _ into: inout ServeConfiguration) -> Void

    init<Value>(
        _ key: String, _ path: any WritableKeyPath<ServeConfiguration, Value> & Sendable, _ kind: SettingKind<Value>,
        _ change: Change
    ) {
        self.key = key
        self.change = change
        apply = { if let value = kind.read($0, $2) { $1[keyPath: path] = value } }
        problem = { kind.problem($0[keyPath: path]) }
        differs = { $0[keyPath: path] != $1[keyPath: path] }
        adopt = { $1[keyPath: path] = $0[keyPath: path] }
    }

    /// A key that may be absent.
    init<Value>(
        _ key: String, _ path: any WritableKeyPath<ServeConfiguration, Value?> & Sendable, _ kind: SettingKind<Value>,
        _ change: Change
    ) {
        self.key = key
        self.change = change
        apply = { if let value = kind.read($0, $2) { $1[keyPath: path] = value } }
        problem = { $0[keyPath: path].flatMap(kind.problem) }
        differs = { $0[keyPath: path] != $1[keyPath: path] }
        adopt = { $1[keyPath: path] = $0[keyPath: path] }
    }
}
