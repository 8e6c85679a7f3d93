import Foundation
import Glibc
@testable import RelayService
import Testing

@Suite("Sockets with a name in the file system")
struct UnixSocketTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "ra-\(UUID().uuidString)").path

    @Test("only its owner may use it, one may listen, and a dead one's name is taken over", arguments: [1, 130])
    func life(_ length: Int) throws {
        let place = folder + "/" + String(repeating: "x", count: length)
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = place + "/s.sock"
        #expect(throws: SystemError(code: ENOENT)) { try UnixSocket.connect(to: path) }
        let first = try UnixSocket.listen(at: path)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(throws: SystemError(code: EADDRINUSE)) { try UnixSocket.listen(at: path) }
        let client = try UnixSocket.connect(to: path)
        Glibc.close(client)
        Glibc.close(first)
        #expect(throws: SystemError(code: ECONNREFUSED)) { try UnixSocket.connect(to: path) }
        Glibc.close(try UnixSocket.listen(at: path))
    }
}
