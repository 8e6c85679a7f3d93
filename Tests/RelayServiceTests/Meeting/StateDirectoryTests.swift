import Foundation
@testable import RelayService
import Testing

@Suite("StateDirectory")
struct StateDirectoryTests {
    @Test("it is made for its owner alone, and keeps one secret")
    func made() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("state-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = try StateDirectory(configured: path).secret()
        #expect(first.utf8.count == 64)
        #expect(try StateDirectory(configured: path).secret() == first)
        func mode(_ file: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        }
        #expect(try mode(path) == 0o700)
        #expect(try mode(path + "/auth-secret") == 0o600)
    }

    @Test("without a setting the environment decides, systemd's first", arguments: [
        (["STATE_DIRECTORY": "s", "XDG_STATE_HOME": "x", "HOME": "h"], "s"), (["XDG_STATE_HOME": "x", "HOME": "h"], "x/ra-relay"),
        (["HOME": "h"], "h/.local/state/ra-relay"),
    ])
    func environment(variables: [String: String], expected: String) throws {
        let base = FileManager.default.temporaryDirectory.appendingPathComponent("state-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: base) }
        let state = try StateDirectory(configured: nil, environment: variables.mapValues { "\(base)/\($0)" })
        #expect(state.path == "\(base)/\(expected)")
    }
}
