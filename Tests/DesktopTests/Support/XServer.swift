import Foundation

/// An X server without a screen, on a display number that was free, killed with the object.
final class XServer {
    static let isInstalled = XServer.path(of: "Xvfb") != nil

    let display: String
    private let process: Process

    convenience init(width: Int = 800, height: Int = 600, arguments: [String] = []) throws {
        try self.init("Xvfb", ["-screen", "0", "\(width)x\(height)x24"] + arguments)
    }

    init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        guard let path = Self.path(of: program) else { throw Failure.notInstalled }
        process = Process()
        process.executableURL = path
        process.arguments = ["-displayfd", "1", "-nolisten", "tcp", "-noreset"] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        // The number comes when the server is ready, and nothing when it failed.
        var line = ""
        while !line.hasSuffix("\n") {
            let bytes = output.fileHandleForReading.availableData
            guard !bytes.isEmpty else { throw Failure.didNotStart }
            line += String(decoding: bytes, as: UTF8.self)
        }
        display = ":" + line.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    deinit { kill() }

    /// As abruptly as a crash.
    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Starts a program on this display.
    func start(_ program: String, _ arguments: String...) throws -> Process { try start([program] + arguments) }

    func start(_ command: [String], errors: Pipe? = nil) throws -> Process {
        let (program, arguments) = (command[0], Array(command.dropFirst()))
        guard let path = Self.path(of: program) else { throw Failure.notInstalled }
        let process = Process()
        process.executableURL = path
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment["DISPLAY"] = display
        environment["LC_ALL"] = "C.UTF-8"
        process.environment = environment
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors ?? FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Runs a program on this display to its end and returns its exit code.
    @discardableResult
    func run(_ program: String, _ arguments: String...) throws -> Int32 {
        guard let path = Self.path(of: program) else { throw Failure.notInstalled }
        let process = Process()
        process.executableURL = path
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["DISPLAY": display]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Runs a program on this display to its end and returns what it printed.
    func output(_ program: String, _ arguments: String...) throws -> String {
        guard let path = Self.path(of: program) else { throw Failure.notInstalled }
        let process = Process()
        process.executableURL = path
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["DISPLAY": display]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Makes the screen smaller. Xvfb takes the size and then refuses the mode, so xrandr's exit code says nothing.
    func resize(width: Int, height: Int) throws {
        let name = "\(width)x\(height)"
        try run(
            "xrandr", "--newmode", name, "40", "\(width)", "\(width + 32)", "\(width + 112)", "\(width + 224)",
            "\(height)", "\(height + 3)", "\(height + 7)", "\(height + 24)")
        try run("xrandr", "--addmode", "screen", name)
        try run("xrandr", "--output", "screen", "--mode", name)
    }

    static func path(of program: String) -> URL? {
        let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        return directories.map { URL(fileURLWithPath: "\($0)/\(program)") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    enum Failure: Error { case notInstalled, didNotStart }
}
