import Foundation
import NetPrimitives
@testable import RelayService
import Testing

/// What `Deploy/ra-relay.toml` says of each key: `# key = value  # default`, or `# example`, below its comment.
struct DocumentedSetting: Sendable {
    let key: String
    let assignment: String
    let isDefault: Bool
    let comment: String

    /// In the file's order; a line that is neither comment nor setting is none.
    static func all() throws -> [DocumentedSetting] {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Deploy/ra-relay.toml")
        var comment = ""
        var found: [DocumentedSetting] = []
        for line in try String(contentsOf: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false) {
            if let match = line.wholeMatch(of: /# (([a-z-]+) = .*?)  # (default|example)/) {
                found.append(
                    DocumentedSetting(
                        key: String(match.2), assignment: String(match.1), isDefault: match.3 == "default", comment: comment))
            } else if line.hasPrefix("#") {
                comment += line
            } else {
                #expect(line.isEmpty, "neither a comment nor a setting: \(line)")
                comment = ""
            }
        }
        return found
    }
}

@Suite("Deploy/ra-relay.toml")
struct DocumentedSettingsTests {
    @Test("every key is documented once, and no other")
    func keys() throws {
        #expect(try DocumentedSetting.all().map(\.key).sorted() == Setting.all.map(\.key).sorted())
    }

    @Test("a documented default is the default, and an example is good and none")
    func defaults() throws {
        for documented in try DocumentedSetting.all() {
            let parsed = try ConfigurationFile.parse(documented.assignment)
            #expect((parsed == ServeConfiguration()) == documented.isDefault, "\(documented.assignment)")
        }
    }

    @Test("what is said of reload and restart is so, and an absent default is described")
    func comments() throws {
        for documented in try DocumentedSetting.all() {
            let setting = try #require(Setting.named(documented.key))
            let word = setting.change == .atReload ? "(reload)" : "(restart)"
            #expect(documented.comment.hasSuffix(word), "\(documented.key): \(documented.comment)")
            #expect(documented.isDefault || documented.comment.lowercased().contains("default"), "\(documented.key)")
        }
    }
}
