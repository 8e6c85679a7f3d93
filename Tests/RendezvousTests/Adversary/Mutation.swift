@testable import Rendezvous

/// What an adversary does to one line of a meeting. Each case stands for all its variants, as many as a line has.
enum Mutation: Hashable, CaseIterable, Sendable {
    case drop, deliverTwice, repeatAtTheEnd, swapWithNext, holdUntilTheEnd
    case reflect, deliverToTheOther, truncate, alter, takeFromAnotherMeeting
    /// A line that nobody said goes before, or in place of, the real one.
    case inventBefore, inventInstead

    /// Bytes of a line that are altered, one a run, besides its ends.
    private static let alterations = 24

    /// How many ways there are to do it to a line.
    func variants(_ line: Wiretap.Line) -> Int {
        switch self {
        case .drop, .deliverTwice, .repeatAtTheEnd, .swapWithNext, .holdUntilTheEnd, .reflect, .deliverToTheOther,
            .takeFromAnotherMeeting: 1
        case .truncate: 4
        case .alter: Self.alterations
        case .inventBefore, .inventInstead: Self.inventions(line.wire).count
        }
    }

    /// The meeting in which this is done to line `target`.
    ///
    /// - Parameters:
    ///   - variant: below `variants`.
    ///   - model: the same meeting without an adversary.
    ///   - other: a meeting between other people.
    func meeting(_ target: Int, variant: Int, model: Wiretap, other: Wiretap) -> Wiretap {
        var held: Wiretap.Line?
        let late: (Wiretap) -> Wiretap.Line = { $0.seen.indices.contains(target) ? $0.seen[target] : model.seen[target] }
        let isLate = self == .repeatAtTheEnd || self == .holdUntilTheEnd
        return Wiretap(after: isLate ? [late] : []) { number, line in
            if self == .swapWithNext, let waiting = held {
                held = nil
                return [line, waiting]
            }
            guard number == target else { return [line] }
            switch self {
            case .drop, .holdUntilTheEnd: return []
            case .deliverTwice: return [line, line]
            case .repeatAtTheEnd: return [line]
            case .swapWithNext:
                held = line
                return []
            case .reflect: return [line, Wiretap.Line(wire: line.wire.reflected, text: line.text)]
            case .deliverToTheOther: return [Wiretap.Line(wire: line.wire.crossed, text: line.text)]
            case .truncate: return [Wiretap.Line(wire: line.wire, text: Array(line.text.prefix(line.text.count * variant / 4)))]
            case .alter: return [Self.altered(line, variant)]
            case .takeFromAnotherMeeting: return other.seen.indices.contains(target) ? [other.seen[target]] : []
            case .inventBefore: return [Self.invention(line.wire, variant, model), line]
            case .inventInstead: return [Self.invention(line.wire, variant, model)]
            }
        }
    }

    private static func altered(_ line: Wiretap.Line, _ variant: Int) -> Wiretap.Line {
        var text = line.text
        let index = (text.count - 1) * variant / (alterations - 1)
        // Another letter of the same alphabet where it is one, so that it still parses where it can.
        text[index] = text[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        return Wiretap.Line(wire: line.wire, text: text)
    }

    /// Every message there is, about an invitation and a meeting of no one.
    private static func inventions(_ wire: Wiretap.Wire) -> [[UInt8]] {
        switch wire {
        case .fromSharer, .fromHelper: MessageTests.clientMessages.map(\.text)
        case .toSharer, .toHelper: MessageTests.serverMessages.map(\.text)
        }
    }

    /// One of them, about the invitation and the meeting that there are.
    private static func invention(_ wire: Wiretap.Wire, _ variant: Int, _ model: Wiretap) -> Wiretap.Line {
        let text = String(decoding: inventions(wire)[variant], as: UTF8.self)
            .replacing(MessageTests.lookup.text, with: model.invitation?.lookup.text ?? "")
            .replacing(MessageTests.meeting.text, with: model.meeting?.text ?? "")
        return Wiretap.Line(wire: wire, text: Array(text.utf8))
    }
}
