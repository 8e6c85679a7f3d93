import NetPrimitives
import Synchronization

/// How many TCP connections there may be: in all, and from one source. Each holds a descriptor, and descriptors are
/// what allocations need too.
final class ConnectionLimits: Sendable {
    /// Ten thousand people who wait, and those who come and go meanwhile; fewer where the files do not suffice (`OpenFiles`).
    static let total = 12_000
    /// From one IPv4 address or IPv6 /56: an office behind one address has many people in it.
    static let perSource = 512

    /// Which of the bounds was reached.
    enum Refusal: Int, TallyLabel { case total, source }

    /// What is said of the connections when somebody asks.
    struct Report: Hashable, Sendable {
        var open = Tally<ConnectionKind>()
        var accepted: UInt64 = 0
        var refused = Tally<Refusal>()
    }

    private struct Counts {
        var limit: Int
        var total = 0
        var perSource: [IPAddress: Int] = [:]
        var report = Report()
    }

    private let perSource: Int
    private let counts: Mutex<Counts>

    init(total: Int = ConnectionLimits.total, perSource: Int = ConnectionLimits.perSource) {
        counts = Mutex(Counts(limit: total))
        self.perSource = perSource
    }

    /// How many there may be. When it becomes less, those that are there stay.
    var total: Int {
        get { counts.withLock(\.limit) }
        set { counts.withLock { $0.limit = newValue } }
    }

    /// Counts a connection in; false when there are too many. What was admitted is given back by `release`.
    func admit(_ address: IPAddress) -> Bool {
        let source = address.household
        return counts.withLock { counts in
            counts.report.accepted &+= 1
            guard counts.total < counts.limit else {
                counts.report.refused.count(.total)
                return false
            }
            guard counts.perSource[source, default: 0] < perSource else {
                counts.report.refused.count(.source)
                return false
            }
            counts.report.open[.undecided] += 1
            counts.total += 1
            counts.perSource[source, default: 0] += 1
            return true
        }
    }

    /// An admitted connection has shown what it speaks.
    func move(from former: ConnectionKind, to kind: ConnectionKind) {
        counts.withLock { counts in
            guard counts.report.open[former] > 0 else { return }
            counts.report.open[former] -= 1
            counts.report.open[kind] += 1
        }
    }

    var report: Report { counts.withLock { $0.report } }

    /// - Parameter kind: what it was last said to speak.
    func release(_ address: IPAddress, as kind: ConnectionKind = .undecided) {
        let source = address.household
        counts.withLock { counts in
            guard let count = counts.perSource[source] else { return }
            counts.total -= 1
            if counts.report.open[kind] > 0 { counts.report.open[kind] -= 1 }
            counts.perSource[source] = count > 1 ? count - 1 : nil
        }
    }
}
