import HostNetwork
import Logging
import NIOCore
import NIOTransport
import NetPrimitives
import Policy
import PortMapping
import Rendezvous

// What changes around somebody who is there for weeks: the book of contacts, the policy, the network, the computer's sleep.
extension ListenFlow {
    /// How soon a contact that was added, removed or blocked in another terminal counts.
    private static let bookInterval = TimeAmount.seconds(2)
    /// How soon a policy counts that forbids to be at the relay, or allows it again. Every call and every answer asks for it besides.
    private static let policyInterval = TimeAmount.seconds(10)

    func watchSurroundings() async {
        lookAtPolicy()
        surroundings = [
            loop.scheduleRepeatedTask(initialDelay: Self.bookInterval, delay: Self.bookInterval) { _ in
                self.assumeIsolated { flow in
                    flow.lookAtBook()
                    flow.lookAtClocks()
                    flow.lookAtDesktop()
                }
            },
            loop.scheduleRepeatedTask(initialDelay: Self.policyInterval, delay: Self.policyInterval) { _ in
                self.assumeIsolated { $0.lookAtPolicy() }
            },
        ]
        place = placeNow
        await openAddressWatch()
        suspensionWatch = SuspensionWatch(sleeps: { $0() }, wakes: { self.loop.execute { self.assumeIsolated { $0.woke() } } })
    }

    func leaveSurroundings() {
        for task in surroundings { task.cancel() }
        surroundings = []
        paceTimer?.cancel()
        addressWatch?.close()
        suspensionWatch = nil
    }

    // MARK: The network

    var placeNow: NetworkPlace { .now(relayIsLoopback: options.own.relay.endpoint.isLoopback) }

    private func openAddressWatch() async {
        let watch = await AddressWatch.open(
            loop: loop, changed: { self.assumeIsolated { $0.lookAtNetwork() } },
            ended: { self.assumeIsolated { $0.watchNetworkAgain() } })
        guard !isOver else { return watch?.close() ?? () }
        addressWatch = watch
    }

    /// The system had more to say than it keeps for us, as after a sleep, and stops.
    private func watchNetworkAgain() {
        guard !isOver else { return }
        addressWatch = nil
        loop.scheduleTask(in: .seconds(1)) {
            self.assumeIsolated { flow in
                guard !flow.isOver else { return }
                Task {
                    await flow.openAddressWatch()
                    // What has changed while nobody watched.
                    flow.lookAtNetwork()
                }
            }
        }
    }

    private func lookAtNetwork() {
        guard !isOver, isElsewhere else { return }
        pace.changed(at: MonotonicClock.now())
        followNetwork()
    }

    /// Not in the place in which this person began to be there.
    private var isElsewhere: Bool {
        guard let place else { return true }
        return placeNow.isElsewhere(from: place, for: line?.assumeIsolated { $0.local })
    }

    /// Where it is still another when that may be followed: a network that goes and comes back has cost nobody their calls.
    private func followNetwork() {
        let now = MonotonicClock.now()
        paceTimer?.cancel()
        guard pace.isTime(at: now) else {
            paceTimer = pace.due.map { due in
                loop.assumeIsolated().scheduleTask(in: .until(due, from: now)) { self.assumeIsolated { $0.followNetwork() } }
            }
            return
        }
        guard !isOver, isElsewhere else { return }
        pace.followed(at: now)
        ClientLog.step("the network is another")
        startAgain()
    }

    // MARK: The computer's sleep

    private func woke() {
        guard wakings.isNew(at: RouterClock.now()) else { return }
        ClientLog.step("this computer is awake")
        startAgain()
    }

    /// Where nobody tells of it.
    private func lookAtClocks() {
        if suspensionClock.hasSlept(monotonic: MonotonicClock.now(), boot: RouterClock.now()) { woke() }
    }

    /// Whatever connection there was may be dead without a word: by another one at once.
    private func startAgain() {
        guard !isOver else { return }
        leaveRelay()
        schedule.networkChanged(at: MonotonicClock.now())
        proceed()
    }

    private func leaveRelay() {
        attempts += 1
        sentTo = nil
        line?.assumeIsolated { $0.close() }
        isPresent = false
    }

    // MARK: The policy

    /// Whether this person may be at their relay still, and again.
    private func lookAtPolicy() {
        let now = refusalOfRelay
        guard !isOver, now?.description != forbidden?.description else { return }
        forbidden = now
        guard let now else { return startAgain() }
        leaveRelay()
        sayAway("\(now)")
    }

    private var refusalOfRelay: PolicyRefusal? {
        do throws(PolicyRefusal) {
            try policy().permitMeeting(at: options.own.relay)
            return nil
        } catch { return error }
    }
}
