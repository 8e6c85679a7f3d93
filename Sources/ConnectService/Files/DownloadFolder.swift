import Foundation

/// Where files are put that come: the folder that the person names, else the desktop's, else `~/Downloads` where there is one, else
/// the home directory.
enum DownloadFolder {
    static func path(
        given: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String {
        if let given { return given }
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
        let configuration = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.config"
        if let text = try? String(contentsOfFile: configuration + "/user-dirs.dirs", encoding: .utf8),
            let folder = userDirectory(in: text, home: home)
        {
            return folder
        }
        var isFolder: ObjCBool = false
        let usual = home + "/Downloads"
        return FileManager.default.fileExists(atPath: usual, isDirectory: &isFolder) && isFolder.boolValue ? usual : home
    }

    /// `XDG_DOWNLOAD_DIR="$HOME/…"` or an absolute path, as xdg-user-dirs writes it; nil when nothing of that is there.
    static func userDirectory(in text: String, home: String) -> String? {
        var found: String?
        for line in text.split(whereSeparator: \.isNewline) {
            guard let match = line.wholeMatch(of: /\s*XDG_DOWNLOAD_DIR\s*=\s*"((?:[^"\\]|\\.)*)"\s*/) else { continue }
            let value = String(match.1).replacing(/\\(.)/) { String($0.1) }
            if value == "$HOME" || value == "$HOME/" {
                found = home
            } else if value.hasPrefix("$HOME/") {
                found = home + value.dropFirst("$HOME".count)
            } else if value.hasPrefix("/") {
                found = value
            }
        }
        return found
    }
}
