import Foundation
import RelayService

/// A configuration file as text.
enum TextFile {
    static func read(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("\(path) cannot be read: it is not there, or not yours to read.")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ConfigurationError("\(path) is not text in UTF-8.")
        }
        return text
    }
}
