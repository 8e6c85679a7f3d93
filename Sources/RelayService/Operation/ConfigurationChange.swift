/// What a reload brings: the keys that change at once, those that wait for a restart, and what is in use after it.
struct ConfigurationChange: Hashable, Sendable {
    /// In the order of `Setting.all`; so are the others.
    let taken: [String]
    /// They differ from what the relay was started with.
    let waiting: [String]
    /// `running`, and from `wanted` what SIGHUP takes over.
    let result: ServeConfiguration

    init(from running: ServeConfiguration, to wanted: ServeConfiguration) {
        // Listeners that have begun without TLS, or with it, go on so.
        let beginsOrEndsTLS = running.hasCertificate != wanted.hasCertificate
        func waits(_ setting: Setting) -> Bool {
            setting.change == .atRestart || (beginsOrEndsTLS && Setting.certificateKeys.contains(setting.key))
        }
        let differing = Setting.all.filter { $0.differs(running, wanted) }
        taken = differing.filter { !waits($0) }.map(\.key)
        waiting = differing.filter(waits).map(\.key)
        result = Setting.all.reduce(into: running) { if !waits($1) { $1.adopt(wanted, &$0) } }
    }
}
