import Foundation
@testable import RelayService
import Synchronization

/// A PostgreSQL of the tests' own: Debian's programs, run as an ordinary user, reached by a socket in a directory of its own.
final class PostgresServer: Sendable {
    /// Where Debian keeps `initdb` and `postgres`, of the newest version; nil: not installed.
    static let programs: String? = {
        let base = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
        let newest = versions.filter { FileManager.default.isExecutableFile(atPath: "\(base)/\($0)/bin/initdb") }.max { Int($0) ?? 0 < Int($1) ?? 0 }
        return newest.map { "\(base)/\($0)/bin" }
    }()

    static var isInstalled: Bool { programs != nil }

    /// One for all tests that do not stop it.
    static let shared = Result { try PostgresServer() }

    struct Failure: Error { var what: String }

    private let directory: String
    private let running = Mutex<Running?>(nil)
    private let databases = Mutex(0)

    private struct Running { var process: Process, life: FileHandle }

    init() throws {
        // A socket's path has room for 107 characters.
        directory = NSTemporaryDirectory() + "pg-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        if getuid() == 0, let user = getpwnam("postgres") { chown(directory, user.pointee.pw_uid, user.pointee.pw_gid) }
        let initdb = try start(
            Self.ordinary + ["\(try Self.bin())/initdb", "-D", "\(directory)/data", "-U", "ra", "--auth=trust", "--no-sync", "--locale=C", "-E", "UTF8"],
            input: FileHandle.nullDevice)
        initdb.waitUntilExit()
        guard initdb.terminationStatus == 0 else { throw Failure(what: "initdb ended with \(initdb.terminationStatus)") }
        try start()
    }

    deinit { stop(forGood: true) }

    /// Starts it, and returns when it answers.
    func start() throws {
        try? FileManager.default.removeItem(atPath: "\(directory)/again")
        let input = Pipe()
        // It ends with this process, however that ends.
        let guardian = #"dir=$1; shift; "$@" & child=$!; cat > /dev/null; kill -INT $child; wait $child; [ -e "$dir/again" ] || rm -rf "$dir""#
        let process = try start(
            Self.ordinary + [
                "/bin/sh", "-c", guardian, "guardian", directory, "\(try Self.bin())/postgres", "-D", "\(directory)/data",
                "-c", "listen_addresses=", "-c", "unix_socket_directories=\(directory)", "-c", "fsync=off", "-c", "max_connections=200",
            ], input: input)
        running.withLock { $0 = Running(process: process, life: input.fileHandleForWriting) }
        while (try? PostgresConnection(url("postgres"))) == nil {
            guard process.isRunning else { throw Failure(what: "postgres ended with \(process.terminationStatus)") }
            usleep(20_000)
        }
    }

    /// As a database goes that is shut down: whoever is connected hears of it.
    func stop(forGood: Bool = false) {
        guard let running = running.withLock({ $0.take() }) else { return }
        if !forGood { _ = FileManager.default.createFile(atPath: "\(directory)/again", contents: nil) }
        try? running.life.close()
        running.process.waitUntilExit()
    }

    /// A database with nothing in it.
    func makeDatabase() throws -> PostgresURL {
        let name = databases.withLock { number in
            number += 1
            return "test\(number)"
        }
        _ = try PostgresConnection(url("postgres")).run("CREATE DATABASE \(name)")
        return try url(name)
    }

    /// As an operator would write it.
    func text(_ database: String) -> String { "postgres:///\(database)?host=\(directory)&user=ra" }

    func url(_ database: String) throws -> PostgresURL {
        guard let url = PostgresURL(text(database)) else { throw Failure(what: "no address: \(text(database))") }
        return url
    }

    /// PostgreSQL does not run as root.
    private static var ordinary: [String] {
        getuid() == 0 ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
    }

    private static func bin() throws -> String {
        guard let programs else { throw Failure(what: "PostgreSQL is not installed") }
        return programs
    }

    private func start(_ command: [String], input: Any) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        try process.run()
        return process
    }
}
