import Desktop
import Foundation
import Glibc

/// Something with a display connection of its own, made and used on one thread.
protocol DisplayWork: AnyObject, SendableMetatype {
    associatedtype Order: Sendable
    associatedtype Output: Sendable
    /// What is known of the display as soon as it is open.
    associatedtype Facts: Sendable

    var facts: Facts { get }
    /// Readable when the server has something to say.
    var fileDescriptor: Int32 { get }
    /// When `takeEvents` wants to be called although nothing came.
    var nextDeadline: ContinuousClock.Instant? { get }
    func follow(_ order: Order) throws(DisplayError) -> [Output]
    func takeEvents() throws(DisplayError) -> [Output]
}

/// The thread of one such thing: orders go in by a mailbox that wakes it, and what it says comes out on it. Ends with the object.
final class DisplayThread<Work: DisplayWork>: Sendable {
    enum Output: Sendable {
        case said(Work.Output)
        /// The display is gone, or has closed this connection; nothing comes after it.
        case lost
    }

    let facts: Work.Facts
    private let mailbox: Mailbox<Work.Order?>
    /// Orders that may wait: they come from a person's decisions, and from what is copied.
    private static var maximumWaiting: Int { 1024 }

    private init(facts: Work.Facts, mailbox: Mailbox<Work.Order?>) {
        self.facts = facts
        self.mailbox = mailbox
    }

    deinit { mailbox.post(nil) }

    func order(_ order: Work.Order) {
        guard mailbox.count < Self.maximumWaiting else { return }
        mailbox.post(order)
    }

    /// Returns when the display is open.
    ///
    /// - Parameters:
    ///   - open: called on the thread.
    ///   - emit: called on the thread.
    static func start(
        _ name: String, open: @escaping @Sendable () throws(DisplayError) -> Work, emit: @escaping @Sendable (Output) -> Void
    ) async throws -> DisplayThread {
        let mailbox = try Mailbox<Work.Order?>()
        let facts = try await withCheckedThrowingContinuation { (opened: CheckedContinuation<Work.Facts, any Error>) in
            let thread = Thread {
                let work: Work
                do {
                    work = try open()
                } catch {
                    return opened.resume(throwing: error)
                }
                opened.resume(returning: work.facts)
                do {
                    try run(work, mailbox, emit)
                } catch {
                    emit(.lost)
                }
            }
            thread.name = name
            thread.start()
        }
        return DisplayThread(facts: facts, mailbox: mailbox)
    }

    private static func run(
        _ work: Work, _ mailbox: Mailbox<Work.Order?>, _ emit: @Sendable (Output) -> Void
    ) throws(DisplayError) {
        while true {
            // What came with the answer to a request wakes nobody any more: it is taken first.
            for said in try work.takeEvents() { emit(.said(said)) }
            wait(for: work, mailbox)
            for order in mailbox.takeAll() {
                guard let order else { return }
                for said in try work.follow(order) { emit(.said(said)) }
            }
        }
    }

    private static func wait(for work: Work, _ mailbox: Mailbox<Work.Order?>) {
        var descriptors = [
            pollfd(fd: work.fileDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: mailbox.fileDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        var timeout: Int32 = -1
        if let deadline = work.nextDeadline {
            let rest = (deadline - .now).components
            let milliseconds = rest.seconds * 1000 + rest.attoseconds / 1_000_000_000_000_000
            timeout = Int32(clamping: max(milliseconds + 1, 1))
        }
        poll(&descriptors, nfds_t(descriptors.count), timeout)
    }
}
