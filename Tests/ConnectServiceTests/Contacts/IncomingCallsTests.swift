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

    @Test("each has a number, and the oldest is answered where none is given")
    func numbers() throws {
        var calls = IncomingCalls()
        let addedFirst = calls.add(Self.id(), from: ContactBookTests.key(1), Self.letter(.offer), at: Self.start)
        let first = try #require(addedFirst)
        let addedSecond = calls.add(Self.id(), from: ContactBookTests.key(2), Self.letter(.offer), at: Self.start)
        let second = try #require(addedSecond)
        #expect((first.number, second.number) == (1, 2))
        #expect(calls.take(7) == nil)
        #expect(calls.take(2)?.call == second.call)
        #expect(calls.take(nil)?.call == first.call)
        #expect(calls.take(nil) == nil)
        #expect(calls.add(Self.id(), from: ContactBookTests.key(1), Self.letter(.offer), at: Self.start)?.number == 3)
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
        #expect(calls.remove(offer.call) == nil)
        #expect(calls.remove(request.call)?.call == request.call)
        #expect(calls.nextDeadline == nil)
    }
}
