/// Asks the other end for its payloads, one after the other, and answers what it asks for.
///
/// A question is `q` and a number of four octets, big end first; the answer is `d`, the number, and the payload of that
/// number. Who has lost either asks again. All ends of Tests/Interop/ends speak this.
struct Payloads {
    /// Whose payloads are not those of the other end: an echo would be noticed.
    enum Author: UInt8 { case us = 0x4F, them = 0x55 }

    struct Wrong: Error, CustomStringConvertible {
        let number: UInt32
        var description: String { "Payload \(number) is not what was sent." }
    }

    private static let question = UInt8(ascii: "q")
    private static let answer = UInt8(ascii: "d")

    private let count: UInt32
    /// The number that is asked for; nil before and between exchanges.
    private var next: UInt32?

    init(count: Int) { self.count = UInt32(count) }

    /// The question that stands: to be sent when an exchange begins, and again when no answer came.
    var standing: [UInt8]? { next.map { Self.message(Self.question, $0) } }

    mutating func begin() { next = 0 }

    enum Outcome {
        /// To be sent.
        case reply([UInt8])
        /// The last payload has come.
        case finished
        /// It was no news.
        case nothing
    }

    /// Takes what has come.
    mutating func receive(_ bytes: [UInt8]) throws(Wrong) -> Outcome {
        guard bytes.count >= 5 else { return .nothing }
        let number = bytes[1..<5].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        switch bytes[0] {
        case Self.question:
            return .reply(Self.message(Self.answer, number) + Self.body(number, of: .us))
        case Self.answer where number == next:
            guard bytes.dropFirst(5).elementsEqual(Self.body(number, of: .them)) else { throw Wrong(number: number) }
            next = number + 1 < count ? number + 1 : nil
            return standing.map(Outcome.reply) ?? .finished
        default:
            return .nothing
        }
    }

    /// Sizes go from 1 to 1150 octets: with the header less than what every path carries.
    private static func body(_ number: UInt32, of author: Author) -> [UInt8] {
        let length = 1 + Int(number) * 13 % 1150
        return (0..<length).map { UInt8(truncatingIfNeeded: Int(number) * 31 + $0 * Int(author.rawValue)) }
    }

    private static func message(_ kind: UInt8, _ number: UInt32) -> [UInt8] {
        [kind] + (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - $0 * 8)) }
    }
}
