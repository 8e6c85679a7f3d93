import Session

/// Why a flow ends before there is a session: what the person is told, and what the shell.
struct FlowError: Error, Sendable {
    var reason: EndReason
    var detail: String

    init(_ reason: EndReason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}

extension FlowError {
    /// The nodes of a fleet name each other, and none takes us.
    static let inCircles = FlowError(.error, "The relays send us from one to the other: try again in a few seconds, or tell who runs them.")
}
