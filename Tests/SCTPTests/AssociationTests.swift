import NetPrimitives
import SCTP
import TestSupport
import Testing

/// How long the outage lasts; minutes are for a patient run: `RA_SCTP_OUTAGE_SECONDS=185`.
private let outageSeconds = Environment.integer("RA_SCTP_OUTAGE_SECONDS") ?? 3

struct AssociationTests {
    @Test("both sides connect at once, open channels and talk on them")
    func channels() throws {
        let pair = try AssociationPair()
        #expect(pair.connect())
        let fromClient = try pair.client.open(label: "control", protocol: "ra", priority: .high)
        let fromServer = try pair.server.open(label: "Bildschirm äöü", ordered: false, reliability: .retransmissions(0))
        #expect(fromClient.stream.isMultiple(of: 2) && !fromServer.stream.isMultiple(of: 2))
        try pair.client.send(Array("before the acknowledgement".utf8), on: fromClient, kind: .text)
        #expect(pair.run { pair.clientEvents.opened.count == 2 && pair.serverEvents.opened.count == 2 })
        #expect(Set(pair.clientEvents.opened) == Set(pair.serverEvents.opened))
        let screen = try #require(pair.clientEvents.opened.first { $0.id == fromServer })
        #expect(screen.label == "Bildschirm äöü" && !screen.ordered && screen.reliability == .retransmissions(0))
        try pair.client.send([], on: fromClient, kind: .binary)
        try pair.client.send([], on: fromClient, kind: .text)
        try pair.client.send([0], on: fromServer, kind: .binary)
        try pair.server.send([1, 2, 3], on: fromClient, kind: .binary)
        #expect(pair.run { pair.serverEvents.messages.count == 4 && pair.clientEvents.messages.count == 1 })
        #expect(pair.serverEvents.contains(.message(fromClient, .text, Array("before the acknowledgement".utf8))))
        #expect(pair.serverEvents.contains(.message(fromClient, .text, [])))
        #expect(pair.serverEvents.contains(.message(fromClient, .binary, [])))
        #expect(pair.serverEvents.contains(.message(fromServer, .binary, [0])))
        #expect(pair.clientEvents.contains(.message(fromClient, .binary, [1, 2, 3])))
    }

    @Test("a channel opened before the association is up waits for it")
    func early() throws {
        let pair = try AssociationPair()
        let id = try pair.client.open(label: "early")
        try pair.client.send([9], on: id, kind: .binary)
        #expect(pair.run { pair.serverEvents.contains(.message(id, .binary, [9])) })
    }

    @Test("ordered messages arrive once each and in order, over a path with 10 % loss", arguments: UInt64(1)...3)
    func ordered(seed: UInt64) throws {
        print("seed \(seed)")
        let pair = try AssociationPair(seed: seed, quality: .init(lossPercent: 10, duplicatePercent: 5, jitter: .milliseconds(15)))
        let id = try pair.client.open(label: "numbers")
        for index in 0..<1000 { try pair.client.send(pattern(index, salt: index), on: id, kind: .binary) }
        #expect(pair.run { pair.serverEvents.messages.count == 1000 })
        #expect(pair.serverEvents.messages.elementsEqual((0..<1000).map { pattern($0, salt: $0) }))
        #expect(pair.clientEvents.failures.isEmpty)
    }

    @Test("messages of a megabyte arrive whole in both directions, in packets of at most 1160 bytes", arguments: [0, 5])
    func large(lossPercent: Int) throws {
        let pair = try AssociationPair(seed: 7, quality: .init(lossPercent: lossPercent))
        let id = try pair.client.open(label: "frames")
        let frame = pattern(1 << 20)
        try pair.client.send(frame, on: id, kind: .binary)
        #expect(pair.run { pair.serverEvents.messages.count == 1 })
        try pair.server.send(frame, on: id, kind: .binary)
        try pair.client.send(frame, on: id, kind: .binary)
        #expect(pair.run { pair.serverEvents.messages.count == 2 && pair.clientEvents.messages.count == 1 })
        #expect(pair.serverEvents.messages.allSatisfy { $0 == frame } && pair.clientEvents.messages == [frame])
        #expect(pair.link.largest <= 1160)
    }

    @Test("a full buffer refuses, drains, says so, and loses nothing")
    func backPressure() throws {
        let pair = try AssociationPair()
        #expect(pair.connect())
        let id = try pair.client.open(label: "bulk")
        let block = pattern(256 << 10)
        let total = 80
        var sent = 0
        var refusals = 0
        func fill() {
            while sent < total {
                do {
                    try pair.client.send(block, on: id, kind: .binary)
                    sent += 1
                } catch {
                    #expect(error == .bufferFull(limit: 8 << 20))
                    refusals += 1
                    return
                }
            }
        }
        pair.onEvent = { _, end, event in if end == .left, event == .bufferedAmountLow(id) { fill() } }
        fill()
        #expect(refusals == 1 && pair.client.bufferedAmount <= 8 << 20 && pair.client.bufferedAmount > 7 << 20)
        #expect(pair.client.bufferedAmount(of: id) == pair.client.bufferedAmount)
        #expect(pair.run { pair.serverEvents.messages.count == total })
        #expect(pair.serverEvents.messages.allSatisfy { $0 == block })
        #expect(refusals >= 2)
        #expect(pair.run { pair.client.bufferedAmount == 0 })
    }

    @Test("an urgent message does not wait behind what is queued on another channel")
    func priority() throws {
        let pair = try AssociationPair(quality: .init(delay: .milliseconds(20)))
        let bulk = try pair.client.open(label: "bulk")
        let urgent = try pair.client.open(label: "urgent", priority: .extraHigh)
        #expect(pair.run { pair.clientEvents.opened.count == 2 })
        for _ in 0..<100 { try pair.client.send(pattern(16 << 10), on: bulk, kind: .binary) }
        try pair.client.send([1], on: urgent, kind: .binary)
        #expect(pair.run { pair.serverEvents.contains(.message(urgent, .binary, [1])) })
        #expect(pair.serverEvents.messages.count < 15)
    }

    @Test("a closed channel delivers what was sent, closes on both sides, and the next one is on another stream", arguments: [0, 10])
    func close(lossPercent: Int) throws {
        let pair = try AssociationPair(seed: 3, quality: .init(lossPercent: lossPercent))
        #expect(pair.connect())
        for round in 1...3 {
            let id = try pair.client.open(label: "round \(round)")
            #expect(id.stream == 2 * UInt16(round - 1))
            #expect(pair.run { pair.clientEvents.opened.count == round })
            for index in 0..<20 { try pair.client.send(pattern(5000, salt: index), on: id, kind: .binary) }
            pair.client.close(id)
            #expect(throws: Failure.unknownChannel(id)) { try pair.client.send([1], on: id, kind: .binary) }
            #expect(pair.run { pair.clientEvents.contains(.channelClosed(id)) && pair.serverEvents.contains(.channelClosed(id)) })
            #expect(pair.serverEvents.messages.count == 20 * round)
        }
    }

    @Test("when every stream was used, the first ones are used again")
    func streams() throws {
        let pair = try AssociationPair()
        #expect(pair.connect())
        var used: [ChannelID] = []
        for batch in 1...3 {
            let ids = try (0..<200).map { try pair.client.open(label: "\($0)") }
            #expect(pair.run { pair.serverEvents.opened.count == 200 * batch })
            for id in ids { pair.client.close(id) }
            let closed = { (events: [Association.Event]) in events.count { if case .channelClosed = $0 { true } else { false } } }
            #expect(pair.run { closed(pair.clientEvents) == 200 * batch && closed(pair.serverEvents) == 200 * batch })
            used += ids
        }
        // 1024 streams, every other one of which is the client's.
        #expect(Set(used.prefix(512)).count == 512 && used[512...].elementsEqual(used.prefix(88)))
    }

    @Test("both sides may close the same channel at the same time")
    func crossedClose() throws {
        let pair = try AssociationPair()
        let ids = try (0..<10).map { try pair.client.open(label: "\($0)") }
        #expect(pair.run { pair.clientEvents.opened.count == 10 })
        for id in ids {
            pair.client.close(id)
            pair.server.close(id)
        }
        #expect(pair.run { ids.allSatisfy { pair.clientEvents.contains(.channelClosed($0)) && pair.serverEvents.contains(.channelClosed($0)) } })
    }

    @Test("a shutdown delivers everything first and ends both sides", arguments: [0, 10])
    func shutdown(lossPercent: Int) throws {
        let pair = try AssociationPair(seed: 11, quality: .init(lossPercent: lossPercent))
        let id = try pair.client.open(label: "last words")
        #expect(pair.connect())
        for index in 0..<50 { try pair.client.send(pattern(20_000, salt: index), on: id, kind: .binary) }
        pair.client.shutdown()
        #expect(throws: Failure.closed) { try pair.client.send([1], on: id, kind: .binary) }
        #expect(pair.run { pair.clientEvents.last == .closed && pair.serverEvents.last == .closed })
        #expect(pair.serverEvents.messages.count == 50)
        #expect(pair.client.nextDeadline == nil && pair.server.nextDeadline == nil)
    }

    @Test("an abort is told to the peer, and the one who aborts hears no more")
    func abort() throws {
        let pair = try AssociationPair()
        #expect(pair.connect())
        pair.client.abort()
        #expect(pair.run { pair.serverEvents.failures == [.aborted] })
        #expect(pair.clientEvents == [.connected])
        #expect(throws: Failure.closed) { try pair.client.open(label: "late") }
    }

    @Test("an outage ends nothing, and data moves again soon after it")
    func outage() throws {
        let pair = try AssociationPair()
        let id = try pair.client.open(label: "patience")
        #expect(pair.run { pair.clientEvents.opened.count == 1 })
        pair.link.quality.lossPercent = 100
        try pair.client.send([1], on: id, kind: .binary)
        try pair.server.send([2], on: id, kind: .binary)
        pair.run(for: .seconds(outageSeconds))
        #expect(pair.clientEvents.failures.isEmpty && pair.serverEvents.failures.isEmpty)
        pair.link.quality.lossPercent = 0
        #expect(pair.run(for: .seconds(3)) { pair.serverEvents.messages == [[1]] && pair.clientEvents.messages == [[2]] })
    }

    @Test("unreliable messages are given up, and what is counted as waiting goes away with them")
    func unreliable() throws {
        let pair = try AssociationPair(seed: 5, quality: .init(lossPercent: 5))
        let id = try pair.client.open(label: "pictures", ordered: false, reliability: .retransmissions(0))
        #expect(pair.run { pair.clientEvents.opened.count == 1 })
        for index in 0..<200 { try pair.client.send(pattern(3000, salt: index), on: id, kind: .binary) }
        #expect(pair.run { pair.client.bufferedAmount == 0 })
        // How many get through depends on when timers run; that the flow goes on to the end does not.
        #expect(pair.run { pair.serverEvents.messages.count >= 50 })
        #expect(pair.serverEvents.messages.count < 200)
        #expect(pair.serverEvents.messages.allSatisfy { $0.count == 3000 })
    }

    @Test("a message over the receiver's bound ends the association, with a name")
    func tooLarge() throws {
        var small = Configuration()
        small.maximumMessageSize = 100_000
        let pair = try AssociationPair(configuration: small)
        let id = try pair.client.open(label: "big")
        try pair.client.send(pattern(100_000), on: id, kind: .binary)
        #expect(pair.run { pair.serverEvents.messages.count == 1 })
        try pair.client.send(pattern(3 << 20), on: id, kind: .binary)
        #expect(pair.run { pair.serverEvents.failures == [.messageTooLarge(limit: 100_000)] })
        #expect(pair.run { pair.clientEvents.failures == [.aborted] })
    }

    @Test("the number of channels is bounded on both sides")
    func channelBound() throws {
        var few = Configuration()
        few.maximumChannels = 5
        let pair = try AssociationPair(configuration: few)
        let ids = try (0..<5).map { try pair.client.open(label: "\($0)") }
        #expect(throws: Failure.noStreamLeft) { try pair.client.open(label: "6") }
        #expect(throws: Failure.labelTooLong) { try pair.server.open(label: String(repeating: "x", count: 65_536)) }
        #expect(pair.run { pair.serverEvents.opened.count == 5 })
        #expect(throws: Failure.noStreamLeft) { try pair.server.open(label: "6") }
        #expect(ids.count == 5)
    }

    @Test("many associations live and die in one process")
    func many() throws {
        for round in 0..<30 {
            let pair = try AssociationPair()
            let id = try pair.client.open(label: "\(round)")
            try pair.client.send(pattern(100), on: id, kind: .binary)
            if round.isMultiple(of: 3) { continue }  // dies while it connects
            #expect(pair.run { pair.serverEvents.messages.count == 1 })
            if round.isMultiple(of: 2) { pair.server.abort() }
        }
        var pairs = try (0..<10).map { _ in try AssociationPair() }
        for pair in pairs { #expect(pair.connect()) }
        pairs.removeAll()
    }
}
