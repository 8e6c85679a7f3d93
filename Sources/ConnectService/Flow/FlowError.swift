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
