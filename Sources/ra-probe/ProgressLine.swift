import ConnectService
import Foundation

/// One line on the terminal that says what is waited for, when it takes longer than a second.
struct ProgressLine {
    private let writing: Task<Void, Never>

    init(_ progress: ProbeProgress) {
        writing = Task {
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                let names = progress.waitingFor
                let more = names.count > 4 ? " and \(names.count - 4) more" : ""
                Self.show("Waiting for \(names.prefix(4).joined(separator: ", "))\(more)…")
            }
            Self.show("")
        }
    }

    /// Clears the line.
    func end() async {
        writing.cancel()
        await writing.value
    }

    /// Returns to the line's beginning and erases what stood there (ECMA-48 §8.3.41).
    private static func show(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(text)".utf8))
    }
}
