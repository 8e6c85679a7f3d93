import Foundation

/// Where the client's programs keep what outlives them, readable by its owner alone.
enum StateDirectory {
    /// `~/.local/state/ra-connect`, or where `$XDG_STATE_HOME` says.
    static func path(environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
        let base = environment["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return (base ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.local/state") + "/ra-connect"
    }

    /// Makes the directory of a file when it is not there.
    static func makeFolder(of file: String) throws {
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }
}
