@testable import ConnectService
import NetPrimitives
import Testing

@Suite("Connections that a peer's candidates make us open")
struct DiallerTests {
    private func ends(_ number: Int, port: UInt16 = 3389) -> StreamEnds {
        StreamEnds(
            base: TransportAddress(ip: .v4(0x0A00_0001), port: 9),
            remote: TransportAddress(ip: .v4(0x0B00_0000 + UInt32(number)), port: port))
    }

    private func asks(_ dialler: inout Dialler, _ ends: StreamEnds, _ packet: [UInt8] = [], isTaken wanted: Bool = true) {
        let isTaken = dialler.ask(ends, packet: packet, at: .zero)
        #expect(isTaken == wanted)
    }

    /// `next` and `finish` change it, which `#expect` does not allow.
    private func next(_ dialler: inout Dialler, _ now: Instant) -> StreamEnds? { dialler.next(at: now) }
    private func finish(_ dialler: inout Dialler, _ ends: StreamEnds) -> [[UInt8]]? { dialler.finish(ends) }

    @Test("a few at once, at a pace; what waits is sent when the connection is there")
    func pace() {
        var dialler = Dialler()
        for number in 0..<10 { asks(&dialler, ends(number), [UInt8(number)]) }
        asks(&dialler, ends(0), [99])
        var now = Instant.zero
        for number in 0..<Dialler.atOnce {
            #expect(next(&dialler, now) == ends(number))
            #expect(next(&dialler, now) == nil)
            now += Dialler.pace
        }
        #expect(dialler.nextDeadline == nil)
        #expect(next(&dialler, now + .seconds(1)) == nil)
        #expect(finish(&dialler, ends(0)) == [[0], [99]])
        #expect(finish(&dialler, ends(0)) == nil)
        #expect(dialler.nextDeadline == now)
        #expect(next(&dialler, now) == ends(Dialler.atOnce))
    }

    @Test("hosts take turns: a silent one with many ports does not keep another one waiting")
    func turns() {
        var dialler = Dialler()
        for port in UInt16(5000)..<5012 { asks(&dialler, ends(1, port: port)) }
        asks(&dialler, ends(2))
        #expect(next(&dialler, .zero) == ends(1, port: 5000))
        #expect(next(&dialler, .zero + Dialler.pace) == ends(2))
        #expect(next(&dialler, .zero + Dialler.pace * 2) == ends(1, port: 5001))
    }

    @Test("neighbours answer soon, or are none", arguments: [
        ("11.22.33.44", 8000), ("192.168.1.10", 2500), ("10.0.0.1", 2500), ("100.64.0.1", 2500), ("2600::1", 8000), ("fd00::1", 2500),
    ] as [(String, Int64)])
    func patience(_ host: String, _ milliseconds: Int64) throws {
        #expect(Dialler.patience(to: try #require(IPAddress(host))) == .milliseconds(milliseconds))
    }

    @Test("a peer that names a thousand addresses has us knock at few of them")
    func thousand() {
        var dialler = Dialler()
        var (now, opened) = (Instant.zero, 0)
        for number in 0..<1000 {
            _ = dialler.ask(ends(number), packet: [0], at: now)
            while let next = dialler.next(at: now) {
                opened += 1
                _ = dialler.finish(next)
            }
            now += .milliseconds(20)
        }
        // 20 seconds: what is allowed at once, and four more.
        #expect(opened <= 28)
    }

    @Test("where the peer was found it is looked for as often as need be")
    func known() {
        var dialler = Dialler()
        dialler.met(ends(0).remote)
        for number in 1...100 { _ = dialler.ask(ends(number), packet: [], at: .zero) }
        while let next = dialler.next(at: .zero + .seconds(1)) { _ = dialler.finish(next) }
        for _ in 0..<100 {
            asks(&dialler, ends(0))
            _ = dialler.finish(ends(0))
        }
        for number in 0..<Dialler.knownLimit { dialler.met(ends(500 + number).remote) }
        asks(&dialler, ends(0), isTaken: false)  // what is known is bounded
    }

    @Test("mail and file servers are not knocked at", arguments: [22, 25, 80, 445, 1023] as [UInt16])
    func ports(_ port: UInt16) {
        var dialler = Dialler()
        asks(&dialler, ends(1, port: port), isTaken: false)
        asks(&dialler, ends(1, port: 443))
    }

    @Test("packets that wait are the newest few, and an address that is gone opens nothing")
    func bounds() {
        var dialler = Dialler()
        for number in 0..<100 { _ = dialler.ask(ends(1), packet: [UInt8(number)], at: .zero) }
        #expect(finish(&dialler, ends(1)) == [[96], [97], [98], [99]])
        _ = dialler.ask(ends(2), packet: [], at: .zero)
        dialler.forget(base: ends(2).base)
        #expect(next(&dialler, .zero + .seconds(1)) == nil)
        #expect(finish(&dialler, ends(2)) == nil)
    }

    @Test("where connections end soon the next one comes at once, and those after it wait longer and longer")
    func endingSoon() {
        var dialler = Dialler()
        dialler.met(ends(1).remote)
        var now = Instant.zero
        var waits: [Duration] = []
        for _ in 0..<8 {
            _ = dialler.ask(ends(1), packet: [0], at: now)
            let due = dialler.nextDeadline ?? now
            waits.append(due - now)
            now = max(now, due) + Dialler.pace
            #expect(next(&dialler, now) == ends(1))
            _ = finish(&dialler, ends(1))
            dialler.ended(ends(1), openedAt: now, at: now + .seconds(1))
            now += .seconds(1)
        }
        #expect(waits == [.zero, .zero, .milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(4)])
        // One that has lasted is forgiven what was before it.
        dialler.ended(ends(1), openedAt: now, at: now + Dialler.usefulLife)
        _ = dialler.ask(ends(1), packet: [0], at: now + Dialler.usefulLife)
        #expect(next(&dialler, now + Dialler.usefulLife) == ends(1))
    }
}
