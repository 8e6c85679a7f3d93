@testable import ConnectService
import Session
import Testing

@Suite("Somebody who is rung")
struct RingingTests {
    typealias Ringing = ShareFlow.Ringing

    @Test("whoever has said yes is not taken for absent when their line goes: they come by the invitation", arguments: [CallNews.ended, .unavailable])
    func accepted(news: CallNews) {
        #expect(Ringing.accepted.after(news) == nil)
        #expect(Ringing.calling.after(news) == .unavailable)
        #expect(Ringing.rings.after(news) == .unavailable)
    }

    @Test("it rings, and they say yes or no; a no and an absence are the last word")
    func course() {
        #expect(Ringing.calling.after(.ringing) == .rings)
        #expect(Ringing.rings.after(.accepted) == .accepted)
        #expect(Ringing.rings.after(.declined) == .declined)
        #expect(Ringing.accepted.after(.declined) == .declined)
        #expect(Ringing.accepted.after(.ringing) == nil)
        for end in [Ringing.declined, .unavailable] {
            for news in [CallNews.ringing, .accepted, .declined, .unavailable, .ended] { #expect(end.after(news) == nil) }
        }
        #expect(Ringing.rings.after(.asked) == nil)
    }

    @Test("each is told as what it is")
    func told() {
        #expect(Ringing.calling.answer == nil)
        #expect([Ringing.rings, .accepted, .declined, .unavailable].map(\.answer) == [.ringing, .accepted, .declined, .unavailable])
    }
}
