import Foundation
import NetPrimitives
import Testing

private enum Fruit: Int, TallyLabel { case apple, redPear }

@Suite("Tally")
struct TallyTests {
    @Test("every label is there from the start, in order, named as metrics are")
    func labels() {
        let tally = Tally<Fruit>()
        #expect(tally.all.map(\.label.label) == ["apple", "red_pear"])
        #expect(tally.all.map(\.count) == [0, 0])
    }

    @Test("counts add up, and begin again past 2^64")
    func counts() {
        var tally = Tally<Fruit>()
        tally.count(.apple)
        tally.count(.redPear, 4)
        var other = tally
        other += tally
        #expect((other[.apple], other[.redPear], other.total) == (2, 8, 10))
        tally.count(.apple, .max)
        #expect(tally[.apple] == 0)
    }

    @Test("as JSON it is an object of numbers, and what is missing there is 0")
    func json() throws {
        var tally = Tally<Fruit>()
        tally.count(.redPear, 3)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(tally), as: UTF8.self) == #"{"apple":0,"red_pear":3}"#)
        #expect(try JSONDecoder().decode(Tally<Fruit>.self, from: Data(#"{"red_pear":3,"plum":1}"#.utf8)) == tally)
    }
}
