import Desktop
import Foundation
import ScreenCodec

/// How long a condition may take before the test fails; nothing waits for it when all is well.
let patience: TimeInterval = 20

extension Display {
    /// Follows the screen, as a session does, until its picture satisfies a condition.
    func follow(until condition: (Frame) -> Bool) throws -> Bool {
        var frame = Frame(width: 1, height: 1)
        let end = Date(timeIntervalSinceNow: patience)
        while Date() < end {
            let damage = try pollDamage()
            if !damage.isEmpty {
                try capture(damage, into: &frame)
                if condition(frame) { return true }
            }
            waitForServer()
        }
        return false
    }

    /// Returns when the server has something to say, or after a moment.
    func waitForServer() {
        var descriptor = pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&descriptor, 1, 20)
    }
}
