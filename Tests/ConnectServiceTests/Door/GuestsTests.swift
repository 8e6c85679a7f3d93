@testable import ConnectService
import NetPrimitives
import Testing

@Suite("Who stands at the door and has shown nothing")
struct GuestsTests {
    private func source(_ number: Int) -> IPAddress { .v4(0x0B00_0000 + UInt32(number)) }

    private func admit(_ guests: inout Guests, _ number: Int, from source: IPAddress) -> Int? {
        guests.admit(number, from: source, at: .zero)
    }

    private func late(_ guests: inout Guests, _ now: Instant) -> [Int] { guests.handleTimeout(at: now) }

    @Test("one source has so many places: one more takes the place of its own first, and of nobody else's")
    func source() {
        var guests = Guests()
        #expect(admit(&guests, 0, from: source(2)) == nil)
        for number in 1...Guests.limitOfSource { #expect(admit(&guests, number, from: source(1)) == nil) }
        for number in 1...100 { #expect(admit(&guests, Guests.limitOfSource + number, from: source(1)) == number) }
        #expect(admit(&guests, 900, from: source(3)) == nil)
        guests.remove(105)
        #expect(admit(&guests, 901, from: source(1)) == nil)
    }

    @Test("a home's addresses of IPv6 are one source, and a mapped address is what is inside")
    func household() {
        var guests = Guests()
        for number in 0..<Guests.limitOfSource { _ = admit(&guests, number, from: .v6(0x2A11_0022_0033_0001, UInt64(number))) }
        #expect(admit(&guests, 90, from: .v6(0x2A11_0022_0033_0101, 99)) == nil)
        #expect(admit(&guests, 91, from: .v6(0x2A11_0022_0033_0002, 99)) == 0)
        var others = Guests()
        for number in 0..<Guests.limitOfSource { _ = admit(&others, number, from: source(7)) }
        #expect(admit(&others, 90, from: .v6(0, 0xFFFF_0B00_0007)) == 0)
    }

    @Test("when all places are taken whoever came first goes: nobody is kept out")
    func full() {
        var guests = Guests()
        for number in 0..<Guests.limit { #expect(admit(&guests, number, from: source(number)) == nil) }
        for number in 0..<1000 {
            #expect(admit(&guests, Guests.limit + number, from: source(1000 + number)) == number)
        }
    }

    @Test("whoever shows nothing in time goes")
    func patience() {
        var guests = Guests()
        #expect(guests.nextDeadline == nil)
        _ = guests.admit(1, from: source(1), at: .zero)
        _ = guests.admit(2, from: source(1), at: .zero + .seconds(1))
        #expect(guests.nextDeadline == Instant.zero + Guests.patience)
        #expect(late(&guests, .zero + .seconds(4)).isEmpty)
        #expect(late(&guests, .zero + Guests.patience) == [1])
        guests.remove(2)
        #expect(guests.nextDeadline == nil)
    }
}
