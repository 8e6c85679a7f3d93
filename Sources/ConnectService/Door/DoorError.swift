/// Why there is no door where the person wanted one.
public struct DoorError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Why: Hashable, Sendable {
        /// A program of this computer listens there.
        case inUse
        /// The system keeps it for others.
        case notPermitted
        case other(String)
    }

    package var port: UInt16
    package var why: Why

    package init(port: UInt16, why: Why) {
        self.port = port
        self.why = why
    }

    /// Says what to do.
    public var description: String {
        switch why {
        case .inUse:
            "Port \(port) is in use on this computer: end the program that listens there, or name another port, as in “--door 3390”."
        case .notPermitted:
            "This account may not listen on port \(port): name a port from 1024 on, as in “--door 3389”."
        case .other(let reason):
            "No door can be opened on port \(port): \(reason)"
        }
    }
}
