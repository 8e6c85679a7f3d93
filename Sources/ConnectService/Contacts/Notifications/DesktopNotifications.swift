import CSystemd
import Foundation
import Glibc
import Logging
import Synchronization

/// Questions on the person's desktop, with the buttons “Accept” and “Decline”, where the session's bus leads to somebody who shows
/// notifications. Where it does not nothing is shown, and nothing breaks.
///
/// The bus belongs to a thread of its own, which ends with this object.
final class DesktopNotifications: Sendable {
    private enum Order: Sendable {
        case show(UInt32, title: String, text: String)
        case withdraw(UInt32)
    }

    /// Orders that may wait for a bus that is slow; further ones are dropped.
    private static let longestQueue = 64
    /// Characters of what stands below a question: a notification is no letter.
    private static let longestAddition = 300
    /// Characters of a title or a question, which are ours but for the names in them, and are not to be cut.
    private static let longestQuestion = 2000

    private let orders = Mutex<[Order]>([])
    private let bell: Int32

    /// Nil when the system has no descriptors left.
    ///
    /// - Parameters:
    ///   - bus: the bus' address; nil for the session's.
    ///   - answered: called on the notifications' thread, at most once for each question.
    ///   - ended: called on that thread when nothing is shown any more: there is no bus, or it is gone.
    init?(
        bus: String? = nil, answered: @escaping @Sendable (_ number: UInt32, _ isAccepted: Bool) -> Void,
        ended: @escaping @Sendable () -> Void = {}
    ) {
        // unsafe: two descriptors are written to the array's storage, which is exactly so large.
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        let wake = ends[0]
        bell = ends[1]
        let thread = Thread { [weak self] in
            Self.serve(on: bus, wake: wake, next: { self?.take() }, answered: answered)
            close(wake)
            ended()
        }
        thread.name = "notifications"
        thread.start()
    }

    deinit { close(bell) }

    /// - Parameters:
    ///   - number: the caller's, by which the answer comes.
    ///   - question: what is answered: it comes first, and whole.
    ///   - addition: what is to be known beside it, cut short where it is long.
    func show(_ number: UInt32, title: String, question: String, addition: String?) {
        order(.show(number, title: Self.plain(title, Self.longestQuestion), text: Self.text(question, addition)))
    }

    static func text(_ question: String, _ addition: String?) -> String {
        ([plain(question, longestQuestion)] + (addition.map { [plain($0, longestAddition)] } ?? [])).joined(separator: "\n")
    }

    /// Nobody needs to answer any more.
    func withdraw(_ number: UInt32) { order(.withdraw(number)) }

    private func order(_ order: Order) {
        orders.withLock { if $0.count < Self.longestQueue { $0.append(order) } }
        // A pipe that is full has woken the thread already, and one that nobody reads needs to wake nobody.
        _ = withUnsafePointer(to: UInt8(0)) { write(bell, $0, 1) }
    }

    private func take() -> [Order] {
        orders.withLock { orders in
            defer { orders = [] }
            return orders
        }
    }

    /// Some desktops read marks of HTML in a text, others do not: there are none in ours, whatever somebody else has written.
    static func plain(_ text: String, _ longest: Int) -> String {
        let marks: [Character: Character] = ["<": "‹", ">": "›", "&": "+"]
        let lines = text.split(separator: "\n").map { String($0).printable }.joined(separator: "\n")
        return String(lines.prefix(longest).map { marks[$0] ?? $0 })
    }

    private static func serve(
        on bus: String?, wake: Int32, next: () -> [Order]?, answered: (UInt32, Bool) -> Void
    ) {
        // unsafe: the desktop is of this thread alone, and not used after it was closed.
        guard let desktop = ra_notifications_open(bus) else {
            return ClientLog.path.debug("no session bus shows notifications")
        }
        defer { ra_notifications_close(desktop) }
        while true {
            var number: UInt32 = 0
            var isAccepted: Int32 = 0
            switch ra_notifications_wait(desktop, wake, &number, &isAccepted) {
            case 1: answered(number, isAccepted != 0)
            case 0:
                var bytes = [UInt8](repeating: 0, count: longestQueue)
                // At the end of the pipe nobody is left who could ask.
                guard read(wake, &bytes, bytes.count) != 0, let orders = next() else { return }
                for order in orders {
                    switch order {
                    case .show(let number, let title, let text): ra_notifications_show(desktop, number, title, text)
                    case .withdraw(let number): ra_notifications_withdraw(desktop, number)
                    }
                }
            default: return
            }
        }
    }
}
