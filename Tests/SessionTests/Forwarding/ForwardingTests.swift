import Session
import TestSupport
import Testing

@Suite("forwarded connections")
struct ForwardingTests {
    let place = Destination(host: "printer", port: 80)!
    let other = Destination(host: "router", port: 443)!

    func limits(connections: Int = 3) -> ForwardingLimits {
        var limits = ForwardingLimits()
        limits.connections = connections
        return limits
    }

    func events(_ forwarding: inout Forwarding) -> [ForwardingEvent] {
        var events: [ForwardingEvent] = []
        while let (_, event) = forwarding.nextEvent() { events.append(event) }
        return events
    }

    func messages(_ forwarding: inout Forwarding) -> [ForwardingMessage] {
        var messages: [ForwardingMessage] = []
        while let (_, message) = forwarding.nextTransmit() { messages.append(message) }
        return messages
    }

    @Test("have a bound at the helper, and those that are over count until nothing is left of them")
    func helperBound() {
        var forwarding = Forwarding(role: .helper, limits: limits())
        for number in 1...3 {
            #expect(forwarding.mayOpen)
            forwarding.open(ForwardingID(UInt32(number)), to: place)
        }
        #expect(!forwarding.mayOpen)
        forwarding.socketClosed(ForwardingID(2))
        _ = (messages(&forwarding), events(&forwarding))
        #expect(!forwarding.mayOpen)
        forwarding.channelClosed(ForwardingID(2))
        #expect(forwarding.mayOpen && forwarding.count == 2)
    }

    @Test("have a bound at the sharer, beyond which they are refused with a reason, and then without one")
    func sharerBound() {
        var forwarding = Forwarding(role: .sharer, limits: limits())
        for number in 1...3 { forwarding.accept(ForwardingID(UInt32(number)), to: place) }
        #expect(events(&forwarding) == Array(repeating: .connect(place), count: 3))
        for number in 4...6 { forwarding.accept(ForwardingID(UInt32(number)), to: place) }
        #expect(messages(&forwarding) == Array(repeating: .failed(.tooMany), count: 3))
        #expect(events(&forwarding) == Array(repeating: .closeChannel, count: 3))
        for number in 7...100 { forwarding.accept(ForwardingID(UInt32(number)), to: place) }
        #expect(forwarding.count == 6 && messages(&forwarding).isEmpty)
        #expect(events(&forwarding) == Array(repeating: .closeChannel, count: 94))
        for number in 1...6 {
            forwarding.connectFailed(ForwardingID(UInt32(number)), .refused)
            _ = (messages(&forwarding), events(&forwarding))
            forwarding.channelClosed(ForwardingID(UInt32(number)))
        }
        #expect(forwarding.count == 0)
    }

    @Test("to one place end at once when that is taken back, and those to another one go on")
    func breakOff() {
        var forwarding = Forwarding(role: .sharer, limits: limits(connections: 8))
        for number in 1...4 { forwarding.accept(ForwardingID(UInt32(number)), to: number % 2 == 0 ? place : other) }
        for number in 1...3 { forwarding.connected(ForwardingID(UInt32(number))) }
        _ = (messages(&forwarding), events(&forwarding))
        forwarding.breakOff(place)
        #expect(messages(&forwarding) == [.reset, .reset])
        #expect(events(&forwarding).count { $0 == .reset } == 2, "an open one, and one that is being connected")
        forwarding.read([1], from: ForwardingID(2))
        #expect(messages(&forwarding).isEmpty)
        forwarding.receive(ForwardingMessage.credit(5).encoded(), on: ForwardingID(1))
        forwarding.read([1], from: ForwardingID(1))
        #expect(messages(&forwarding) == [.data([1])])
        forwarding.breakOff()
        #expect(messages(&forwarding) == [.reset, .reset])
    }

    @Test("take turns, so that a busy one does not hold up the others")
    func turns() {
        var forwarding = Forwarding(role: .sharer, limits: limits())
        for number in 1...3 {
            let id = ForwardingID(UInt32(number))
            forwarding.accept(id, to: place)
            forwarding.connected(id)
            forwarding.receive(ForwardingMessage.credit(1 << 20).encoded(), on: id)
        }
        _ = messages(&forwarding)
        for number in 1...3 { forwarding.read(Array(repeating: 0, count: 60_000), from: ForwardingID(UInt32(number))) }
        var order: [UInt32] = []
        while let (id, _) = forwarding.nextTransmit() { order.append(id.number) }
        #expect(order == [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
    }

    @Test("what happens to one that is not there is nobody's business")
    func strangers() {
        var forwarding = Forwarding(role: .sharer)
        let id = ForwardingID(7)
        forwarding.connected(id)
        forwarding.read([1], from: id)
        forwarding.readEnded(id)
        forwarding.wrote(1, to: id)
        forwarding.socketBroke(id)
        forwarding.receive([1], on: id)
        forwarding.hasRoom(on: id)
        forwarding.isFull(id)
        forwarding.giveBack(.end, on: id)
        forwarding.channelClosed(id)
        #expect(messages(&forwarding).isEmpty && events(&forwarding).isEmpty && forwarding.count == 0)
    }

    @Test("are counted by place, with what went each way")
    func traffic() {
        var forwarding = Forwarding(role: .sharer)
        for number in 1...2 {
            let id = ForwardingID(UInt32(number))
            forwarding.accept(id, to: place)
            forwarding.connected(id)
            forwarding.receive(ForwardingMessage.credit(100).encoded(), on: id)
            forwarding.receive(ForwardingMessage.data([1, 2]).encoded(), on: id)
            forwarding.read([1, 2, 3], from: id)
        }
        _ = messages(&forwarding)
        forwarding.socketClosed(ForwardingID(1))
        _ = messages(&forwarding)
        forwarding.channelClosed(ForwardingID(1))
        #expect(forwarding.count == 1)
        #expect(forwarding.traffic == [place: Forwarding.Traffic(connections: 2, sentBytes: 6, receivedBytes: 4)])
    }
}
