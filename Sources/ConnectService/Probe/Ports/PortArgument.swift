public import NetPrimitives

/// A port as a person asks about it: `3389`, `3389/tcp` or `3389/udp`.
///
/// Without a transport both are checked and shown, and TCP decides the exit code.
public struct PortArgument: Hashable, Sendable {
    public var port: UInt16
    public var transport: TransportProtocol?

    public init(port: UInt16, transport: TransportProtocol? = nil) {
        self.port = port
        self.transport = transport
    }

    /// Ports in one probe: each takes four sockets at most, and a process has 1024 by default.
    public static let limit = 100

    /// Reads decimal digits without sign, 1 to 65535, and an optional transport in any case; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let digits = parts.first, parts.count <= 2, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits), port > 0
        else { return nil }
        self.port = port
        guard parts.count == 2 else { return }
        switch parts[1].lowercased() {
        case "tcp": transport = .tcp
        case "udp": transport = .udp
        default: return nil
        }
    }

    /// What to check, in the order of the arguments, each once; TCP before UDP where both are meant.
    package static func questions(of arguments: [PortArgument]) -> [ProbeQuestion] {
        var questions: [ProbeQuestion] = []
        for question in arguments.flatMap(\.questions) {
            if let known = questions.firstIndex(where: { $0.target == question.target }) {
                // `3389` and `3389/udp` together: now UDP decides as well.
                questions[known].decides = questions[known].decides || question.decides
            } else {
                questions.append(question)
            }
        }
        return questions
    }

    private var questions: [ProbeQuestion] {
        switch transport {
        case .tcp: [ProbeQuestion(target: ProbeTarget(port: port, transport: .tcp), decides: true)]
        case .udp: [ProbeQuestion(target: ProbeTarget(port: port, transport: .udp), decides: true)]
        case nil:
            [
                ProbeQuestion(target: ProbeTarget(port: port, transport: .tcp), decides: true),
                ProbeQuestion(target: ProbeTarget(port: port, transport: .udp), decides: false),
            ]
        }
    }
}
