import Glibc

/// How long threads were ready to run while others had their core: `/proc/PID/task/*/schedstat`, whose second number is
/// nanoseconds. What somebody else's work did to a round trip says nothing of the server.
struct Waits: ~Copyable {
    /// Shorter waits, between two looks, are the server's own threads in turn.
    private static let negligible: Int64 = 50_000
    /// What waited behind the others' work is carried away in a multiple of the time that they took.
    private static let aftermath: Int64 = 10

    private let files: [Int32]
    private var buffer = [UInt8](repeating: 0, count: 64)
    private var last: Int64 = 0
    private var clearAt: Int64 = 0

    /// Watches all threads that processes have now.
    init(of processes: [Int32]) {
        files = processes.flatMap { process in
            ProcessTime.threads(of: process).map { open("/proc/\(process)/task/\($0)/schedstat", O_RDONLY | O_CLOEXEC) }
        }
        last = sum()
    }

    deinit { for file in files { close(file) } }

    /// When nobody else's work is felt any more: what was sent earlier than that does not count.
    mutating func clear(at time: Int64) -> Int64 {
        let sum = sum()
        if sum - last > Self.negligible { clearAt = max(clearAt, time + Self.aftermath * (sum - last)) }
        last = sum
        return clearAt
    }

    private mutating func sum() -> Int64 {
        var sum: Int64 = 0
        for file in files {
            let count = pread(file, &buffer, buffer.count, 0)
            guard count > 0 else { continue }
            let second = buffer[..<count].split(separator: 0x20).dropFirst().first ?? []
            sum += second.reduce(0) { $0 * 10 + Int64($1) - 0x30 }
        }
        return sum
    }
}
