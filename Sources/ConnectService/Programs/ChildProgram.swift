import Foundation
import Glibc
import Synchronization

/// Another program of this machine, run with a list of arguments and never by a shell.
///
/// It stays in our process group, so that it can ask at the terminal and hears Ctrl-C; Foundation's `Process` gives a child a
/// group of its own. What it writes and nobody reads goes to standard error: on standard output stand our own lines.
public struct ChildProgram: Sendable {
    /// Its path.
    public var path: String
    public var arguments: [String]
    /// What its environment has besides ours.
    public var environment: [String: String] = [:]
    /// What it reads on standard input; nil for what we read.
    public var input: [UInt8]?
    /// Whether what it writes on standard output is ours to read, and nobody else's.
    public var isRead = false
    /// Whether it has a session of its own and reads nothing: a person's program with a window, which outlives us and does not
    /// hear our Ctrl-C.
    public var isDetached = false

    public init(path: String, arguments: [String]) {
        self.path = path
        self.arguments = arguments
    }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Bytes that are kept of what it writes.
    private static let longestOutput = 64 * 1024

    /// Where the first of these programs is, as `PATH` says.
    public static func find(_ names: String...) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        for name in names {
            for folder in folders {
                let path = "\(folder)/\(name)"
                if access(path, X_OK) == 0 { return path }
            }
        }
        return nil
    }

    /// Runs it to its end.
    ///
    /// - Returns: its exit code (128 and the signal that ended it), and what it wrote if that is read.
    public func run() async throws -> (code: Int32, output: [UInt8]) {
        // One after the other: a program that was started between the two calls that make a pipe would hold its end open.
        let process = try Self.starting.withLock { _ in try start() }
        Self.running.withLock { _ = $0.insert(process.id) }
        return try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try finish(process) }) }.start()
        }
    }

    private struct Started {
        var id: pid_t
        var input: Int32?
        var output: Int32?
    }

    private func start() throws -> Started {
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        var theirs: [Int32] = []
        var started = Started(id: 0)
        defer { theirs.forEach { close($0) } }
        if input != nil {
            let pipe = try Self.pipe()
            posix_spawn_file_actions_adddup2(&files, pipe.read, STDIN_FILENO)
            theirs.append(pipe.read)
            started.input = pipe.write
        } else if isDetached {
            posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        if isRead {
            let pipe = try Self.pipe()
            posix_spawn_file_actions_adddup2(&files, pipe.write, STDOUT_FILENO)
            theirs.append(pipe.write)
            started.output = pipe.read
        } else {
            posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO)
        }

        // What we ignore would be ignored by the program as well, and a thread of Dispatch holds signals back.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (isDetached ? Self.ownSession : 0)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let variables = ProcessInfo.processInfo.environment.merging(environment) { _, ours in ours }.map { "\($0)=\($1)" }
        var pointers = ([path] + arguments).map { strdup($0) } + [nil]
        var environmentPointers = variables.map { strdup($0) } + [nil]
        defer { (pointers + environmentPointers).forEach { free($0) } }
        let result = posix_spawn(&started.id, path, &files, &attributes, &pointers, &environmentPointers)
        guard result == 0 else {
            [started.input, started.output].forEach { if let file = $0 { close(file) } }
            throw Failure(description: "\(path) cannot be started: \(String(cString: strerror(result)))")
        }
        return started
    }

    private func finish(_ process: Started) throws -> (code: Int32, output: [UInt8]) {
        if let file = process.input {
            // Whoever does not read it, says by its exit what is wrong.
            signal(SIGPIPE, SIG_IGN)
            try? FileHandle(fileDescriptor: file, closeOnDealloc: true).write(contentsOf: Data(input ?? []))
        }
        var output: [UInt8] = []
        if let file = process.output {
            let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
            while let data = try? handle.read(upToCount: 4096), !data.isEmpty {
                output += data.prefix(Self.longestOutput - output.count)
            }
        }
        var status: Int32 = 0
        while waitpid(process.id, &status, 0) == -1 {
            guard errno == EINTR else { throw Failure(description: "\(path) was lost: \(String(cString: strerror(errno)))") }
        }
        Self.running.withLock { _ = $0.remove(process.id) }
        let ending = status & 0x7F
        return (ending == 0 ? status >> 8 & 0xFF : 128 + ending, output)
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw Failure(description: String(cString: strerror(errno))) }
        // Our ends are not for the program, nor for any other one.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static let starting = Mutex<Void>(())

    /// POSIX_SPAWN_SETSID of <spawn.h>, which glibc shows to GNU's C alone.
    private static let ownSession: Int32 = 0x80

    /// Those that run now.
    private static let running = Mutex<Set<pid_t>>([])

    /// From now on Ctrl-C and SIGTERM end what runs, and ourselves by that; they end us at once when nothing runs.
    ///
    /// So there is time to put away what a program was given.
    public static func endOnInterruption() {
        Interruption.shared.handle {
            let programs = running.withLock { $0 }
            if programs.isEmpty { exit(128 + SIGINT) }
            programs.forEach { _ = kill($0, SIGTERM) }
        }
    }
}
