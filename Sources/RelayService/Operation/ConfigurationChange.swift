/// What a reload brings: the keys that change at once, those that wait for a restart, and what is in use after it.
struct ConfigurationChange: Hashable, Sendable {
    /// In the order of `Setting.all`; so are the others.
    let taken: [String]
    /// They differ from what the relay was started with.
    let waiting: [String]
    /// `running`, and from `wanted` what SIGHUP takes over.
    let result: ServeConfiguration

    init(from running: ServeConfiguration, to wanted: ServeConfiguration) {
        let differing = Setting.all.filter { $0.differs(running, wanted) }
        taken = differing.filter { $0.change == .atReload }.map(\.key)
        waiting = differing.filter { $0.change == .atRestart }.map(\.key)
        result = Setting.all.reduce(into: running) { if $1.change == .atReload { $1.adopt(wanted, &$0) } }
    }
}
