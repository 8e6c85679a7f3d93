@testable import ConnectService
import Foundation
import Rendezvous
import Testing

@Suite("Who a person is to their contacts")
struct IdentityFileTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "identity-\(UUID().uuidString)/state").path
    private var file: IdentityFile { IdentityFile(path: folder + "/identity.json") }

    @Test("an identity is made once, and is its owner's alone")
    func once() throws {
        #expect(try file.load() == nil)
        let made = try file.loadOrMake()
        #expect(try file.loadOrMake().key == made.key && file.load()?.key == made.key)
        #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o600)
    }

    @Test("of programs that make it at once one does")
    func together() async throws {
        let file = file
        let keys = try await withThrowingTaskGroup(of: PersonKey.self) { group in
            for _ in 0..<8 { group.addTask { try file.loadOrMake().key } }
            return try await group.reduce(into: Set<PersonKey>()) { $0.insert($1) }
        }
        #expect(keys.count == 1)
    }

    @Test("one that others can read, or that is damaged, is neither used nor replaced")
    func unusable() throws {
        _ = try file.loadOrMake()
        let text = try String(contentsOfFile: file.path, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
        var error = #expect(throws: IdentityFile.Unusable.self) { try file.loadOrMake() }
        #expect(error?.description.contains("chmod 600") == true)
        for damaged in ["", "{}", String(text.dropLast(6)), text.replacing("\"version\":1", with: "\"version\":2")] {
            try damaged.write(toFile: file.path, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
            error = #expect(throws: IdentityFile.Unusable.self) { try file.loadOrMake() }
            #expect(error?.description.contains("does not hold an identity") == true)
            #expect(try String(contentsOfFile: file.path, encoding: .utf8) == damaged)
        }
    }
}
