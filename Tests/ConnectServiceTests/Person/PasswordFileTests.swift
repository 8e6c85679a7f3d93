import ConnectService
import Foundation
import Testing

@Suite("A password in a file")
struct PasswordFileTests {
    private func file(_ text: String, mode: Int = 0o600) throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "password-\(UUID().uuidString)").path
        try #require(FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode]))
        return path
    }

    @Test("is the first line, whatever ends it", arguments: ["corréct horse", "corréct horse\n", "corréct horse\r\nsecond\n"])
    func firstLine(_ text: String) throws {
        #expect(try PasswordFile.read(file(text), namedBy: "--password-file") == "corréct horse")
    }

    @Test("is not taken when it is no UTF-8: nobody could type what it would become")
    func latin() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "password-\(UUID().uuidString)").path
        try #require(
            FileManager.default.createFile(atPath: path, contents: Data([0x63, 0xE9, 0x0A]), attributes: [.posixPermissions: 0o600]))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: PasswordFile.Unusable.self) { try PasswordFile.read(path, namedBy: "--password-file") }
        #expect(error?.description == "The password that \(path) gives is not UTF-8.")
    }

    @Test("may come by a pipe, as a shell's <(…) gives it")
    func pipe() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("through a pipe\n".utf8))
        try pipe.fileHandleForWriting.close()
        #expect(
            try PasswordFile.read("/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)", namedBy: "--password-file") == "through a pipe")
    }

    @Test("is not taken from a file that others can read, by whichever name, nor from none", arguments: [0o644, 0o640, 0o604])
    func others(_ mode: Int) throws {
        let path = try file("secret", mode: mode)
        let link = path + "-link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        for name in [path, link] {
            let error = #expect(throws: PasswordFile.Unusable.self) { try PasswordFile.read(name, namedBy: "--password-file") }
            #expect(error?.description == "\(name) can be read by others; “chmod 600 \(name)” makes it yours alone.")
        }
        for path in ["/nonexistent/file", FileManager.default.temporaryDirectory.path, try file(""), try file("\nsecret")] {
            #expect(throws: PasswordFile.Unusable.self) { try PasswordFile.read(path, namedBy: "--password-file") }
        }
    }
}
