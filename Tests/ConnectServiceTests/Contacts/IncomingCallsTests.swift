@testable import ConnectService
import NetPrimitives
import Rendezvous
import Testing

@Suite("Calls that wait for an answer")
struct IncomingCallsTests {
    private static let start = Instant.zero + .seconds(1000)

    private static func id() -> CallID {
        var random = SystemRandomNumberGenerator()
        return .random(using: &random)
    }

    private static func letter(_ kind: CallKind) -> CallLetter {
        let from = PersonAddress("hugo@relay.example.org")!
        return switch kind {
        case .offer: .offer(Offer(from: from, id: id(), ceiling: .control))
        case .ring, .request: .request(ContactRequest(from: from))
        }
    }

    @Test("each has a number, by which it is answered")
    func numbers() throws {
        var calls = IncomingCalls()
        let addedFirst = calls.add(Self.id(), from: ContactBookTests.key(1), Self.letter(.offer), at: Self.start)
        let first = try #require(addedFirst)
        let addedSecond = calls.add(Self.id(), from: ContactBookTests.key(2), Self.letter(.request), at: Self.start)
        let second = try #require(addedSecond)
        #expect((first.number, second.number) == (1, 2))
        #expect(throws: IncomingCalls.Refusal.nobody) { try calls.take(7, at: Self.start) }
        #expect(try calls.take(2, at: Self.start).call == second.call)
        #expect(try calls.take(1, at: Self.start).call == first.call)
        #expect(throws: IncomingCalls.Refusal.nobody) { try calls.take(nil, at: Self.start) }
        #expect(calls.add(Self.id(), from: ContactBookTests.key(1), Self.letter(.offer), at: Self.start)?.number == 3)
    }

    @Test("a bare answer is for the one who has called alone for three seconds, and for nobody else")
    func bare() throws {
        var calls = IncomingCalls()
        let first = Self.id()
        _ = calls.add(first, from: ContactBookTests.key(1), Self.letter(.offer), at: Self.start)
        #expect(throws: IncomingCalls.Refusal.changed(1)) { try calls.take(nil, at: Self.start + .milliseconds(2999)) }
        // Another one calls a moment before Enter.
        let later = Self.start + .seconds(10)
        let second = Self.id()
        _ = calls.add(second, from: ContactBookTests.key(2), Self.letter(.offer), at: later)
        #expect(throws: IncomingCalls.Refusal.several([1, 2])) { try calls.take(nil, at: later + .seconds(30)) }
        // The first one ends a moment before Enter.
        let end = later + .seconds(40)
        #expect(calls.remove(first, at: end)?.call == first)
        #expect(throws: IncomingCalls.Refusal.changed(2)) { try calls.take(nil, at: end + .seconds(2)) }
        #expect(try calls.take(nil, at: end + .seconds(3)).call == second)
    }

    @Test("who runs out of time a moment before Enter leaves the answer to nobody else")
    func expired() throws {
        var calls = IncomingCalls()
        _ = calls.add(Self.id(), from: ContactBookTests.key(1), Self.letter(.offer), at: Self.start)
        _ = calls.add(Self.id(), from: ContactBookTests.key(2), Self.letter(.offer), at: Self.start + .seconds(30))
        _ = calls.expire(at: Self.start + .seconds(59))
        #expect(calls.expire(at: Self.start + .seconds(60)).count == 1)
        #expect(throws: IncomingCalls.Refusal.changed(2)) { try calls.take(nil, at: Self.start + .seconds(61)) }
        _ = calls.expire(at: Self.start + .seconds(64))
        #expect(try calls.take(nil, at: Self.start + .seconds(64)).number == 2)
    }

    @Test("a request to become a contact is never answered without its number")
    func stranger() throws {
        var calls = IncomingCalls()
        _ = calls.add(Self.id(), from: ContactBookTests.key(1), Self.letter(.request), at: Self.start)
        let later = Self.start + .seconds(60)
        #expect(throws: IncomingCalls.Refusal.stranger(1)) { try calls.take(nil, at: later) }
        // Mallory's waits first, then Hugo rings.
        _ = calls.add(Self.id(), from: ContactBookTests.key(2), Self.letter(.offer), at: later)
        let refusal = IncomingCalls.Refusal.several([1, 2])
        #expect(throws: refusal) { try calls.take(nil, at: later + .seconds(10)) }
        #expect("\(refusal)".hasSuffix("the number: 1, 2."))
        #expect(calls.entries.count == 2)
        #expect(try calls.take(2, at: later + .seconds(10)).caller == ContactBookTests.key(2))
    }

    @Test("no call has a number by which a session has asked, nor uses the other side them up")
    func sessions() throws {
        var calls = IncomingCalls()
        calls.pass(2)
        calls.pass(1)
        let added = calls.add(Self.id(), from: ContactBookTests.key(1), Self.letter(.offer), at: Self.start)
        #expect(added?.number == 3)
        calls.pass(.max)
        #expect(calls.add(Self.id(), from: ContactBookTests.key(2), Self.letter(.offer), at: Self.start)?.number == 4)
        // A yes that was typed for what the session before asked.
        #expect(throws: IncomingCalls.Refusal.nobody) { try calls.take(2, at: Self.start) }
    }

    @Test("nobody calls twice at once, and no more call than can be answered")
    func bounds() {
        var calls = IncomingCalls()
        #expect(calls.add(Self.id(), from: ContactBookTests.key(1), Self.letter(.offer), at: Self.start) != nil)
        #expect(calls.add(Self.id(), from: ContactBookTests.key(1), Self.letter(.offer), at: Self.start) == nil)
        #expect(calls.add(Self.id(), from: ContactBookTests.key(1), Self.letter(.request), at: Self.start) != nil)
        for number in 2...40 as ClosedRange<UInt8> {
            _ = calls.add(Self.id(), from: ContactBookTests.key(number), Self.letter(.offer), at: Self.start)
        }
        #expect(calls.entries.count == IncomingCalls.limit)
    }

    @Test("an offer rings for a minute, a request waits for five")
    func patience() throws {
        var calls = IncomingCalls()
        let addedOffer = calls.add(Self.id(), from: ContactBookTests.key(1), Self.letter(.offer), at: Self.start)
        let offer = try #require(addedOffer)
        let addedRequest = calls.add(Self.id(), from: ContactBookTests.key(1), Self.letter(.request), at: Self.start)
        let request = try #require(addedRequest)
        #expect(calls.nextDeadline == Self.start + .seconds(60))
        #expect(calls.expire(at: Self.start + .seconds(59)).isEmpty)
        #expect(calls.expire(at: Self.start + .seconds(60)).map(\.call) == [offer.call])
        #expect(calls.nextDeadline == Self.start + .seconds(300))
        #expect(calls.remove(offer.call, at: Self.start) == nil)
        #expect(calls.remove(request.call, at: Self.start)?.call == request.call)
        #expect(calls.nextDeadline == nil)
    }
}
