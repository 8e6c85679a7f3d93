public import Foundation
public import Rendezvous

extension UnixTime {
    /// The same moment, as Foundation has it.
    public var date: Date { Date(timeIntervalSince1970: TimeInterval(seconds)) }

    public static func now() -> UnixTime { UnixTime(seconds: UInt64(max(Date.now.timeIntervalSince1970, 0))) }
}
