import Foundation
import RelayService

/// A configuration file as text.
enum TextFile {
    static func read(_ path: String) throws(ConfigurationError) -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw ConfigurationError("\(path) is not there, or in a folder that is not yours to read.")
        }
        guard !isFolder.boolValue else { throw ConfigurationError("\(path) is a folder: name the file in it.") }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("\(path) is not yours to read: ask as root, or as the relay's user.")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ConfigurationError("\(path) is not text in UTF-8.")
        }
        return text
    }

    /// What the file says; the defaults where there is none.
    ///
    /// - Throws: every mistake, with the file's name.
    static func configuration(_ path: String?) throws(ConfigurationError) -> ServeConfiguration {
        guard let path else { return ServeConfiguration() }
        let text = try read(path)
        do throws(ConfigurationError) { return try ConfigurationFile.parse(text) } catch { throw error.of(file: path) }
    }
}
