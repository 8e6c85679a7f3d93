@testable import ConnectService
import Crypto
import Foundation
import Session
import Testing

@Suite("files on the disk")
struct FileDiskTests {
    let folder = FileManager.default.temporaryDirectory.appending(path: "files-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    private func write(_ text: String, to name: String) -> String {
        let path = "\(folder)/\(name)"
        _ = FileManager.default.createFile(atPath: path, contents: Data(text.utf8))
        return path
    }

    private func names(in path: String) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? [] }

    private func hash(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Data(text.utf8))) }

    private func receive(_ text: String, as name: String, in folder: String) throws -> String {
        let sink = try FileSink(folder: folder, name: name, bytes: UInt64(text.utf8.count))
        try sink.write(Array(text.utf8))
        return try sink.keep(sha256: hash(text))
    }

    @Test("one that is read gives its bytes and their hash")
    func read() throws {
        let source = try FileSource(path: write("hello", to: "a.txt"))
        #expect(source.bytes == 5 && source.name == "a.txt")
        #expect(try source.read(3) == Array("hel".utf8))
        #expect(try source.read(3) == Array("lo".utf8))
        #expect(try source.read(3) == [])
        #expect(try source.finish() == hash("hello"))
    }

    @Test("one that changes while it is read is found out, though it is as long as before")
    func changed() throws {
        let path = write("hello", to: "a.txt")
        let source = try FileSource(path: path)
        _ = try source.read(5)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.write(contentsOf: Data("HELLO".utf8))
        try handle.close()
        // The clock of a file system may be slow: the moment of the change is written down by hand.
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: path)
        #expect(throws: FileFailure.changed) { try source.finish() }
    }

    @Test("what cannot be sent is refused with what to do")
    func refused() throws {
        #expect(throws: FileSource.Problem.self) { try FileSource(path: "\(folder)/none") }
        do { _ = try FileSource(path: folder) } catch { #expect(error.description.contains("is a folder. Pack it first")) }
        do { _ = try FileSource(path: "/dev/null") } catch { #expect(error.description.contains("is not a plain file")) }
        #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
        #expect(throws: FileSource.Problem.self) { try FileSource(path: "\(folder)/pipe") }
    }

    @Test("one that comes is hidden until it is whole, its owner's alone, and no program")
    func kept() throws {
        let place = folder + "/new/downloads"
        let sink = try FileSink(folder: place, name: "a.txt", bytes: 5)
        try sink.write(Array("hello".utf8))
        #expect(names(in: place).allSatisfy { $0.hasPrefix(".a.txt.part-") } && names(in: place).count == 1)
        let path = try sink.keep(sha256: hash("hello"))
        #expect(path == place + "/a.txt" && names(in: place) == ["a.txt"])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "hello")
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    }

    @Test("none is overwritten, not by a link either")
    func numbered() throws {
        let place = folder + "/n"
        #expect(try receive("1", as: "a.txt", in: place) == place + "/a.txt")
        #expect(try receive("2", as: "a.txt", in: place) == place + "/a (2).txt")
        try FileManager.default.createSymbolicLink(atPath: place + "/a (3).txt", withDestinationPath: folder + "/elsewhere")
        #expect(try receive("3", as: "a.txt", in: place) == place + "/a (4).txt")
        #expect(try String(contentsOfFile: place + "/a.txt", encoding: .utf8) == "1")
        #expect(!FileManager.default.fileExists(atPath: folder + "/elsewhere"))
        #expect(names(in: place).count == 4)
    }

    @Test("a name that somebody else chose leads nowhere else")
    func names() throws {
        let place = folder + "/p"
        #expect(try receive("1", as: "../../x", in: place) == place + "/x")
        #expect(try receive("1", as: ".profile", in: place) == place + "/profile")
        #expect(try receive("1", as: String(repeating: "é", count: 300), in: place).utf8.count < place.utf8.count + 210)
    }

    @Test("what is damaged, taken back or given up leaves nothing")
    func discarded() throws {
        let place = folder + "/d"
        let damaged = try FileSink(folder: place, name: "a", bytes: 1)
        try damaged.write([1])
        #expect(throws: FileFailure.damaged) { try damaged.keep(sha256: hash("x")) }
        damaged.discard()
        #expect(throws: FileFailure.cancelled) { try damaged.write([1]) }
        do { _ = try FileSink(folder: place, name: "b", bytes: 1) }
        #expect(names(in: place) == [])
    }

    @Test("where there is no room, or no right to write, it is said at once")
    func failures() throws {
        #expect(throws: FileFailure.noRoom) { try FileSink(folder: folder, name: "a", bytes: UInt64(Int64.max) - (32 << 20)) }
        let file = write("", to: "file")
        #expect(throws: FileFailure.unwritable) { try FileSink(folder: file + "/x", name: "a", bytes: 1) }
        // A disk that is full in the middle: whatever is written there, it does not take.
        if access("/dev/full", W_OK) == 0 { #expect(open("/dev/full", O_WRONLY) >= 0) }
    }

    @Test(
        "they are put where the desktop says",
        arguments: [
            ("XDG_DOWNLOAD_DIR=\"$HOME/Telechargements\"\n", "/h/Telechargements"), ("XDG_DOWNLOAD_DIR=\"/data/in\"", "/data/in"),
            ("# XDG_DOWNLOAD_DIR=\"$HOME/x\"", nil), ("XDG_DOWNLOAD_DIR=\"relative\"", nil), ("XDG_DOWNLOAD_DIR=\"$HOME/\"", "/h"),
            ("XDG_DESKTOP_DIR=\"$HOME/D\"\nXDG_DOWNLOAD_DIR=\"$HOME/a \\\"b\\\"\"\n", "/h/a \"b\""), ("", nil),
        ] as [(String, String?)])
    func userDirectory(text: String, path: String?) { #expect(DownloadFolder.userDirectory(in: text, home: "/h") == path) }

    @Test("else in Downloads, else at home; and before all that where the person says")
    func downloads() throws {
        let home = folder + "/home"
        let environment = ["HOME": home]
        #expect(DownloadFolder.path(environment: environment) == home)
        try FileManager.default.createDirectory(atPath: home + "/Downloads", withIntermediateDirectories: true)
        #expect(DownloadFolder.path(environment: environment) == home + "/Downloads")
        try FileManager.default.createDirectory(atPath: home + "/.config", withIntermediateDirectories: true)
        _ = FileManager.default.createFile(atPath: home + "/.config/user-dirs.dirs", contents: Data("XDG_DOWNLOAD_DIR=\"$HOME/D\"".utf8))
        #expect(DownloadFolder.path(environment: environment) == home + "/D")
        #expect(DownloadFolder.path(given: "/x", environment: environment) == "/x")
    }
}
