/// What a `Tally` counts by: an enumeration without payloads, so that what is counted is bounded by its type.
///
/// The raw values are those that Swift gives: 0 and up, in order.
public protocol TallyLabel: RawRepresentable<Int>, CaseIterable, Hashable, Sendable {}

extension TallyLabel {
    /// The case's name as metrics write it: `noPermission` is `no_permission`.
    public var label: String {
        var text = ""
        for letter in "\(self)" {
            if letter.isUppercase { text += "_" }
            text += letter.lowercased()
        }
        return text
    }
}

/// A counter for each label, all there from the start.
public struct Tally<Label: TallyLabel>: Hashable, Sendable {
    private var counts = [UInt64](repeating: 0, count: Label.allCases.count)

    public init() {}

    public subscript(label: Label) -> UInt64 {
        get { counts[label.rawValue] }
        set { counts[label.rawValue] = newValue }
    }

    /// Adds to a counter; past 2⁶⁴ it begins again, as counters do.
    public mutating func count(_ label: Label, _ amount: UInt64 = 1) { counts[label.rawValue] &+= amount }

    public var total: UInt64 { counts.reduce(0, &+) }

    /// The labels in order, each with its count.
    public var all: [(label: Label, count: UInt64)] { Label.allCases.map { ($0, self[$0]) } }

    public static func += (left: inout Tally, right: Tally) {
        for index in left.counts.indices { left.counts[index] &+= right.counts[index] }
    }
}

/// An object with a number for each label.
extension Tally: Codable {
    public init(from decoder: any Decoder) throws {
        let numbers = try [String: UInt64](from: decoder)
        for label in Label.allCases { self[label] = numbers[label.label] ?? 0 }
    }

    public func encode(to encoder: any Encoder) throws {
        try Dictionary(uniqueKeysWithValues: all.map { ($0.label.label, $0.count) }).encode(to: encoder)
    }
}
