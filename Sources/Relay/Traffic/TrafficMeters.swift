public import NetPrimitives

/// The limits of traffic as one worker applies them to each packet: flat memory, asked for nothing (no allocation, no
/// reference counting, no lock).
///
/// An allocation lives on one worker and has its token bucket here. What a user's allocations on several workers share,
/// and what all share, is a `TrafficBudget`, from which each worker takes a slice when it has none left. So a limit that
/// workers share is kept to within one slice and one packet for each of them. Used by one thread.
public final class TrafficMeters {
    /// What a worker takes at a time, in nanoseconds of a limit: 0.4 % of a second's worth.
    static let slice: Int64 = 4_000_000

    /// An allocation's token bucket: until when lines of its rates are busy with what it had.
    private struct Meter: BitwiseCopyable {
        var bytesUntil = Int64.min
        var packetsUntil = Int64.min
        /// Of its user.
        var share = 0
    }

    /// What is left of the slice of one line; less than nothing when the last packet was more than that.
    private struct Slice: BitwiseCopyable {
        let line: UnsafeMutablePointer<TrafficBudget.Line>
        var left: Int64 = 0

        init(of line: UnsafeMutablePointer<TrafficBudget.Line>) { self.line = line }

        /// - Parameter isLimited: without a limit there is always something left, whatever was taken under another.
        @inline(__always)
        mutating func isLeft(_ isLimited: Bool, at now: Int64) -> Bool { !isLimited || left > 0 || renew(at: now) }

        func settle() { line.pointee.settle(left) }

        mutating func forgive() { left = max(left, 0) }

        private mutating func renew(at now: Int64) -> Bool {
            guard line.pointee.take(TrafficMeters.slice &- left, at: now) else { return false }
            left = TrafficMeters.slice
            return true
        }
    }

    /// A worker's part of a budget.
    private struct Share: BitwiseCopyable {
        var bytes: Slice
        var packets: Slice
        let isInvitation: Bool

        init(of budget: TrafficBudget, isInvitation: Bool = false) {
            bytes = Slice(of: budget.bytes)
            packets = Slice(of: budget.packets)
            self.isInvitation = isInvitation
        }

        @inline(__always)
        mutating func pay(_ count: Int, _ price: TrafficPrice) {
            bytes.left &-= price.bytes(count)
            packets.left &-= price.packet
        }

        mutating func forgive() {
            bytes.forgive()
            packets.forgive()
        }
    }

    /// Everything that a packet touches. In memory of its own, as what a class's variables hold is checked for each use.
    private struct Table {
        var meters: UnsafeMutablePointer<Meter>
        /// The first is everybody's.
        var shares: UnsafeMutablePointer<Share>
        var allocation, invitation, user, total: TrafficPrice
    }

    /// Who has a share, and keeps its budget.
    private struct Holder {
        let user: String
        let budget: TrafficBudget
        var meters = 0
    }

    private let table: UnsafeMutablePointer<Table>
    private let total: TrafficBudget
    private var limits: TrafficLimits
    private var meterCapacity = 64
    /// The first is nobody's.
    private var meterCount = 1
    private var freeMeters: [UInt32] = []
    /// By share; nil where it is free, and for everybody's.
    private var holders: [Holder?] = [nil]
    private var freeShares: [Int] = []
    private var sharesByUser: [String: Int] = [:]
    private var shareCapacity = 16

    public init(total: TrafficBudget, limits: TrafficLimits) {
        self.total = total
        self.limits = limits
        // unsafe: freed in `deinit` and where it grows. All meters are initialized, and the shares that a holder has.
        let meters = UnsafeMutablePointer<Meter>.allocate(capacity: meterCapacity)
        meters.initialize(repeating: Meter(), count: meterCapacity)
        let shares = UnsafeMutablePointer<Share>.allocate(capacity: shareCapacity)
        shares.initialize(to: Share(of: total))
        table = .allocate(capacity: 1)
        table.initialize(
            to: Table(
                meters: meters, shares: shares, allocation: TrafficPrice(limits.perAllocation),
                invitation: TrafficPrice(limits.perInvitation), user: TrafficPrice(limits.perUser),
                total: TrafficPrice(limits.total)))
    }

    deinit {
        table.pointee.meters.deallocate()
        table.pointee.shares.deallocate()
        table.deallocate()
    }

    /// Takes other limits, which hold for the next packet: what was used under the former ones keeps nobody waiting.
    ///
    /// - Returns: whether they are others.
    @discardableResult
    public func setLimits(_ limits: TrafficLimits, at now: Instant) -> Bool {
        guard limits != self.limits else { return false }
        self.limits = limits
        table.pointee.allocation = TrafficPrice(limits.perAllocation)
        table.pointee.invitation = TrafficPrice(limits.perInvitation)
        table.pointee.user = TrafficPrice(limits.perUser)
        table.pointee.total = TrafficPrice(limits.total)
        let latest = now.nanoseconds &+ TrafficBudget.burst
        for number in 1..<meterCount {
            let meter = table.pointee.meters + number
            meter.pointee.bytesUntil = min(meter.pointee.bytesUntil, latest)
            meter.pointee.packetsUntil = min(meter.pointee.packetsUntil, latest)
        }
        total.forgive(at: now.nanoseconds)
        table.pointee.shares.pointee.forgive()
        for (number, holder) in holders.enumerated() {
            guard let holder else { continue }
            holder.budget.forgive(at: now.nanoseconds)
            table.pointee.shares[number].forgive()
        }
        return true
    }

    // MARK: Asked for every packet

    /// Whether a packet of so many bytes may go, and then it is counted; a refused one costs nothing.
    public func admits(_ meter: TrafficMeter, bytes count: Int, at now: Int64) -> Bool {
        let meter = table.pointee.meters + Int(meter.number)
        let all = table.pointee.shares
        let share = all + meter.pointee.share
        let (own, total) = (table.pointee.allocation, table.pointee.total)
        let user = share.pointee.isInvitation ? table.pointee.invitation : table.pointee.user
        let latest = now &+ TrafficBudget.burst
        guard meter.pointee.bytesUntil <= latest || !own.limitsBytes,
            meter.pointee.packetsUntil <= latest || !own.limitsPackets,
            share.pointee.bytes.isLeft(user.limitsBytes, at: now), share.pointee.packets.isLeft(user.limitsPackets, at: now),
            all.pointee.bytes.isLeft(total.limitsBytes, at: now), all.pointee.packets.isLeft(total.limitsPackets, at: now)
        else { return false }
        meter.pointee.bytesUntil = max(meter.pointee.bytesUntil, now) &+ own.bytes(count)
        meter.pointee.packetsUntil = max(meter.pointee.packetsUntil, now) &+ own.packet
        share.pointee.pay(count, user)
        all.pointee.pay(count, total)
        return true
    }

    // MARK: Allocations

    /// A meter for an allocation of a user's.
    ///
    /// - Parameter budget: of the user; asked when the first allocation of that user comes, and kept until `close` says
    ///   that the last is gone.
    func open(for user: String, budget: () -> TrafficBudget) -> TrafficMeter {
        let share = sharesByUser[user] ?? openShare(of: user, budget())
        holders[share]?.meters += 1
        let number = freeMeters.popLast() ?? UInt32(meterCount)
        if number == meterCount {
            if meterCount == meterCapacity { growMeters() }
            meterCount += 1
        }
        table.pointee.meters[Int(number)] = Meter(share: share)
        return TrafficMeter(number: number)
    }

    /// Ends a meter; the user whose last it was.
    func close(_ meter: TrafficMeter) -> String? {
        let share = table.pointee.meters[Int(meter.number)].share
        guard share > 0, let holder = holders[share] else { return nil }
        table.pointee.meters[Int(meter.number)] = Meter()
        freeMeters.append(meter.number)
        guard holder.meters == 1 else {
            holders[share]?.meters -= 1
            return nil
        }
        table.pointee.shares[share].bytes.settle()
        table.pointee.shares[share].packets.settle()
        holders[share] = nil
        sharesByUser[holder.user] = nil
        freeShares.append(share)
        return holder.user
    }

    /// The budget of a meter's user; nil for nobody's.
    func budget(of meter: TrafficMeter) -> TrafficBudget? {
        holders[table.pointee.meters[Int(meter.number)].share]?.budget
    }

    private func openShare(of user: String, _ budget: TrafficBudget) -> Int {
        let share = freeShares.popLast() ?? holders.count
        if share == holders.count {
            if share == shareCapacity { growShares() }
            holders.append(nil)
        }
        holders[share] = Holder(user: user, budget: budget)
        sharesByUser[user] = share
        let isInvitation = user.hasPrefix(QuotaLedger.Limits.invitationPrefix)
        (table.pointee.shares + share).initialize(to: Share(of: budget, isInvitation: isInvitation))
        return share
    }

    private func growMeters() {
        let larger = UnsafeMutablePointer<Meter>.allocate(capacity: 2 * meterCapacity)
        larger.moveInitialize(from: table.pointee.meters, count: meterCapacity)
        (larger + meterCapacity).initialize(repeating: Meter(), count: meterCapacity)
        table.pointee.meters.deallocate()
        table.pointee.meters = larger
        meterCapacity *= 2
    }

    private func growShares() {
        let larger = UnsafeMutablePointer<Share>.allocate(capacity: 2 * shareCapacity)
        larger.moveInitialize(from: table.pointee.shares, count: shareCapacity)
        table.pointee.shares.deallocate()
        table.pointee.shares = larger
        shareCapacity *= 2
    }
}

extension TrafficMeters: @unchecked Sendable {}  // unsafe: it goes with its machine, from thread to thread as one value
