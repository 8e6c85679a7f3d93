/// The secret in the viewer page's address: who holds it may see and steer the session from this machine's browser.
public struct ViewerToken: Sendable {
    private let text: String

    /// 128 bits from the system's generator, as 32 hexadecimal digits.
    public init() {
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }

    init(using generator: inout some RandomNumberGenerator) {
        text = (0..<16).map { _ in
            let byte = UInt8.random(in: .min ... .max, using: &generator)
            return String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    /// The address to open. What is behind # stays in the browser: it is in no request line and no log.
    public func pageAddress(port: UInt16) -> String { "http://127.0.0.1:\(port)/#t=\(text)" }

    /// Compares in a time that does not tell how much was right.
    public func matches(_ candidate: String) -> Bool {
        let (ours, theirs) = (Array(text.utf8), Array(candidate.utf8))
        guard ours.count == theirs.count else { return false }
        return zip(ours, theirs).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension ViewerToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
