import CUSRSCTP
import NetPrimitives
import Synchronization

/// usrsctp, of which a process has exactly one: its lock, its timers and its way out.
///
/// Every call into usrsctp happens under `Stack`'s lock, so associations may live on different threads. Packets that
/// usrsctp emits during a call land in the outbox of the association they belong to, found by number: usrsctp holds no
/// pointer of ours, so nothing it does late can touch freed memory.
enum Stack {
    /// An association's socket in usrsctp.
    //
    // Unchecked: it is only ever used inside `locked`.
    struct Socket: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    /// What usrsctp calls an address: a number that no live association shares.
    struct Address: Hashable, Sendable {
        fileprivate let number: UInt

        func onPort(_ port: UInt16) -> sockaddr_conn { ra_sctp_address(number, port) }
        var pointer: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: number) }
    }

    private struct State {
        var isRunning = false
        var timersRan = ContinuousClock.now
        var addressCount: UInt = 0
        var freeAddresses = Queue<Address>()
    }

    private static let state = Mutex(State())
    private static let outboxes = Mutex<[UInt: [[UInt8]]]>([:])

    /// The most packets one call may emit; more are lost, as on any path. 8192 of them are 9 MB.
    private static let outboxLimit = 8192

    /// Runs `body` alone with usrsctp.
    static func locked<Result: Sendable, Problem: Error>(
        _ body: () throws(Problem) -> Result
    ) throws(Problem) -> Result {
        try state.withLock { (_) throws(Problem) -> Result in try body() }
    }

    // MARK: addresses

    /// A registered address with an empty outbox.
    ///
    /// Addresses are registered once and then used again, the one that has been free for longest first. Deregistering
    /// would set usrsctp's iterator thread to work, outside our lock.
    static func takeAddress() -> Address {
        let address = state.withLock { state in
            if !state.isRunning {
                state.isRunning = true
                startUsrsctp()
            }
            if state.freeAddresses.count >= 8, let address = state.freeAddresses.popFirst() { return address }
            state.addressCount += 1
            let address = Address(number: state.addressCount)
            usrsctp_register_address(address.pointer)
            return address
        }
        outboxes.withLock { $0[address.number] = [] }
        return address
    }

    static func release(_ address: Address) {
        _ = outboxes.withLock { $0.removeValue(forKey: address.number) }
        state.withLock { $0.freeAddresses.append(address) }
    }

    /// What usrsctp has emitted for an association since the last call.
    static func takePackets(of address: Address) -> [[UInt8]] {
        outboxes.withLock { outboxes in
            guard let packets = outboxes[address.number], !packets.isEmpty else { return [] }
            outboxes[address.number] = []
            return packets
        }
    }

    // MARK: time

    /// Runs the timers that are due, of every association in the process.
    ///
    /// By the system's clock and not by a driver's: usrsctp compares with the wall clock before it sends anything again,
    /// so a timer that came early would do nothing but count as a failure.
    static func runTimers() {
        state.withLock { state in
            let elapsed = (ContinuousClock.now - state.timersRan).milliseconds
            guard state.isRunning, elapsed > 0 else { return }
            state.timersRan += .milliseconds(elapsed)
            usrsctp_handle_timers(UInt32(clamping: elapsed))
        }
    }

    // MARK: start

    private static func startUsrsctp() {
        usrsctp_init_nothreads(
            0,  // no UDP encapsulation: no sockets
            { address, bytes, count, _, _ in
                // Called inside our own calls, and at worst by usrsctp's iterator thread: the outboxes' lock covers both.
                guard let bytes else { return 0 }
                let packet = Array(UnsafeRawBufferPointer(start: bytes, count: count))
                Stack.outboxes.withLock { outboxes in
                    guard let waiting = outboxes[UInt(bitPattern: address)]?.count, waiting < Stack.outboxLimit else { return }
                    outboxes[UInt(bitPattern: address)]?.append(packet)
                }
                return 0
            },
            nil)
        // What WebRTC does not negotiate stays off: less to attack.
        usrsctp_sysctl_set_sctp_ecn_enable(0)
        usrsctp_sysctl_set_sctp_asconf_enable(0)
        usrsctp_sysctl_set_sctp_auto_asconf(0)
        usrsctp_sysctl_set_sctp_auth_enable(0)
        usrsctp_sysctl_set_sctp_nrsack_enable(0)
        usrsctp_sysctl_set_sctp_pktdrop_enable(0)
        // RFC 6928's ten segments, and bursts as long: the path is paced by nobody else.
        usrsctp_sysctl_set_sctp_initial_cwnd(10)
        usrsctp_sysctl_set_sctp_max_burst_default(10)
        usrsctp_sysctl_set_sctp_fr_max_burst_default(10)
        // A chunk may be sent again as often as the association lives; 30 times, the default, is one minute.
        usrsctp_sysctl_set_sctp_max_retran_chunk(0)
        usrsctp_sysctl_set_sctp_max_chunks_on_queue(16_384)
    }
}
