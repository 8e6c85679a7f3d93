import Session
import TestSupport
import Testing

/// Two machines, their sockets and the channels between them; what applications, channels and sockets do is random.
private struct Tunnel {
    /// One end of one connection, as its application sees it.
    struct Application {
        var written: [UInt8] = []
        var hasEnded = false
        var heard: [UInt8] = []
        var hasHeardEnd = false
        /// Given to the socket, not taken.
        var unwritten = 0
        var mayBeRead = false
        var wasReset = false
        var isClosed = false
        var isFinishing = false
    }

    var random: SplitMix64
    var machines = [Forwarding(role: .helper), Forwarding(role: .sharer)]
    var applications: [[ForwardingID: Application]] = [[:], [:]]
    /// Messages on the way to each side, by connection; nil is the channel's end.
    var ways: [[ForwardingID: [[UInt8]?]]] = [[:], [:]]
    var dialled: Set<ForwardingID> = []
    var failed: Set<ForwardingID> = []
    let window = ForwardingLimits().window
    let isHostile: Bool
    let place = Destination(host: "printer", port: 80)!

    init(seed: UInt64, isHostile: Bool) {
        random = SplitMix64(seed: seed)
        self.isHostile = isHostile
    }

    mutating func open(_ id: ForwardingID) {
        machines[0].open(id, to: place)
        applications[0][id] = Application()
        machines[1].accept(id, to: place)
        drain()
    }

    mutating func step(_ id: ForwardingID) {
        let side = Int.random(in: 0...1, using: &random)
        switch Int.random(in: 0..<11, using: &random) {
        case 0...2: deliver(to: side, id)
        case 3:
            guard applications[side][id]?.mayBeRead == true, applications[side][id]?.hasEnded == false else { break }
            applications[side][id]?.mayBeRead = false
            let bytes = (0..<Int.random(in: 1...40_000, using: &random)).map { UInt8(truncatingIfNeeded: $0) }
            applications[side][id]?.written += bytes
            machines[side].read(bytes, from: id)
        case 4:
            guard let waiting = applications[side][id]?.unwritten, waiting > 0 else { break }
            let count = Int.random(in: 1...waiting, using: &random)
            applications[side][id]?.unwritten -= count
            machines[side].wrote(count, to: id)
        case 5:
            guard Int.random(in: 0..<20, using: &random) == 0, applications[side][id]?.hasEnded == false,
                applications[side][id]?.isClosed == false
            else { break }
            applications[side][id]?.hasEnded = true
            machines[side].readEnded(id)
        case 6:
            guard dialled.remove(id) != nil else { break }
            if Int.random(in: 0..<10, using: &random) == 0 {
                failed.insert(id)
                machines[1].connectFailed(id, .refused)
            } else {
                applications[1][id] = Application()
                machines[1].connected(id)
            }
        case 7: machines[side].isFull(id)
        case 8: machines[side].hasRoom(on: id)
        case 9:
            guard isHostile else { break }
            let noise = (0..<Int.random(in: 0...9, using: &random)).map { _ in UInt8.random(in: 0...8, using: &random) }
            machines[side].receive(noise, on: id)
        default:
            guard isHostile, Int.random(in: 0..<50, using: &random) == 0 else { break }
            machines[side].socketBroke(id)
        }
        drain()
    }

    mutating func deliver(to side: Int, _ id: ForwardingID) {
        guard let waiting = ways[side][id], let message = waiting.first else { return }
        ways[side][id] = Array(waiting.dropFirst())
        if let bytes = message {
            machines[side].receive(bytes, on: id)
        } else {
            machines[side].channelClosed(id)
        }
        drain()
    }

    mutating func drain() {
        for side in 0...1 {
            var hasMoved = true
            while hasMoved {
                while let (id, message) = machines[side].nextTransmit() {
                    if Int.random(in: 0..<30, using: &random) == 0 {
                        machines[side].giveBack(message, on: id)
                    } else {
                        ways[1 - side][id, default: []].append(message.encoded())
                    }
                }
                hasMoved = false
                while let (id, event) = machines[side].nextEvent() {
                    hasMoved = true
                    perform(event, id, side)
                }
            }
        }
    }

    private mutating func perform(_ event: ForwardingEvent, _ id: ForwardingID, _ side: Int) {
        switch event {
        case .connect: dialled.insert(id)
        case .opened, .failed: break
        case .read: applications[side][id]?.mayBeRead = true
        case .write(let bytes):
            applications[side][id]?.heard += bytes
            applications[side][id]?.unwritten += bytes.count
            #expect(applications[side][id]?.unwritten ?? 0 <= window, "more than a window waits for an application")
            #expect(applications[side][id]?.hasHeardEnd == false, "data after the end")
        case .writeEnd: applications[side][id]?.hasHeardEnd = true
        case .finish, .reset:
            if event == .reset {
                applications[side][id]?.wasReset = true
                if dialled.remove(id) != nil { machines[side].connectFailed(id, .other) }
            }
            applications[side][id]?.isClosed = true
            machines[side].socketClosed(id)
        case .closeChannel:
            ways[1 - side][id, default: []].append(nil)
            // Both halves are reset when the other side has heard of it.
            ways[side][id, default: []].append(nil)
        }
    }

    /// Lets everything arrive and everybody take what came.
    mutating func settle(_ ids: [ForwardingID]) {
        for _ in 0..<400 {
            for id in ids {
                for side in 0...1 {
                    machines[side].hasRoom(on: id)
                    while ways[side][id]?.isEmpty == false { deliver(to: side, id) }
                    if dialled.remove(id) != nil {
                        applications[1][id] = Application()
                        machines[1].connected(id)
                    }
                    if let waiting = applications[side][id]?.unwritten, waiting > 0 {
                        applications[side][id]?.unwritten = 0
                        machines[side].wrote(waiting, to: id)
                    }
                    drain()
                }
            }
        }
    }
}

@Suite("forwarded connections, whatever happens")
struct ForwardingOperationFuzzTests {
    @Test("bring each byte once and in order, and end as they were ended", arguments: 0..<24)
    func honest(seed: UInt64) {
        var tunnel = Tunnel(seed: seed, isHostile: false)
        let ids = (1...3).map { ForwardingID(UInt32($0)) }
        for id in ids { tunnel.open(id) }
        for step in 0..<1500 { tunnel.step(ids[step % 3]) }
        tunnel.settle(ids)
        for id in ids where !tunnel.failed.contains(id) {
            for side in 0...1 {
                guard let from = tunnel.applications[side][id], let to = tunnel.applications[1 - side][id] else { continue }
                #expect(from.written == to.heard, "seed \(seed)")
                #expect(to.hasHeardEnd == from.hasEnded && !to.wasReset, "seed \(seed)")
            }
        }
        for side in 0...1 {
            for id in ids where tunnel.applications[side][id]?.hasEnded == false {
                tunnel.machines[side].readEnded(id)
                tunnel.applications[side][id]?.hasEnded = true
            }
            tunnel.drain()
        }
        tunnel.settle(ids)
        #expect(tunnel.machines.map(\.count) == [0, 0], "seed \(seed)")
    }

    @Test("keep to their bounds and end, also when the other side talks nonsense", arguments: 0..<24)
    func hostile(seed: UInt64) {
        var tunnel = Tunnel(seed: seed, isHostile: true)
        let ids = (1...3).map { ForwardingID(UInt32($0)) }
        for id in ids { tunnel.open(id) }
        for step in 0..<600 { tunnel.step(ids[step % 3]) }
        for side in 0...1 { tunnel.machines[side].breakOff() }
        tunnel.drain()
        tunnel.settle(ids)
        #expect(tunnel.machines.map(\.count) == [0, 0], "seed \(seed)")
    }
}
