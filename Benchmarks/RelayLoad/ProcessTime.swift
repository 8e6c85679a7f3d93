import Glibc

/// CPU time of processes, user and system, all threads: `/proc/PID/task/*/schedstat`, whose first number is the
/// nanoseconds that utime and stime are scaled to.
enum ProcessTime {
    static func nanoseconds(of process: Int32) -> Int64 {
        threads(of: process).reduce(0) { $0 + firstNumber(in: "/proc/\(process)/task/\($1)/schedstat") }
    }

    static func threads(of process: Int32) -> [Int32] {
        var threads: [Int32] = []
        guard let directory = opendir("/proc/\(process)/task") else { return [] }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                // unsafe: readdir ends the name with a zero.
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let thread = Int32(name) { threads.append(thread) }
        }
        return threads
    }

    private static func firstNumber(in path: String) -> Int64 {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count > 0 else { return 0 }
        return bytes[..<count].prefix { (0x30...0x39).contains($0) }.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
}
