/// Ctrl-C and SIGTERM while a probe runs: what the router has opened is closed before the end.
public enum ProbeInterruption {
    /// - Parameter stop: called for the first signal; a second one ends the process at once.
    public static func handle(_ stop: @escaping @Sendable () -> Void) { Interruption.shared.handle(stop) }
}
