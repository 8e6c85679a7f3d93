import NetPrimitives
import TOMLKit

/// What a setting's value may be: how it is read from TOML, and which of the values that can be read are good.
struct SettingKind<Value: Hashable & Sendable>: Sendable {
    /// The value, or nil after each mistake was told in a sentence.
    let read: @Sendable (any TOMLValueConvertible, _ tell: (String) -> Void) -> Value?
    /// What is wrong with a value that could be read, from wherever it came; nil when it is good.
    var problem: @Sendable (Value) -> String?

    init(
        read: @escaping @Sendable (any TOMLValueConvertible, _ tell: (String) -> Void) -> Value?,
        problem: @escaping @Sendable (Value) -> String? = { _ in nil }
    ) {
        self.read = read
        self.problem = problem
    }
}

// MARK: Numbers, times and yes or no

extension SettingKind<Int> {
    static func integer(_ range: ClosedRange<Int>) -> SettingKind {
        SettingKind(
            read: { value, tell in
                if let number = value.int { return number }
                tell("write a whole number.")
                return nil
            },
            problem: { range.contains($0) ? nil : "write a number from \(range.lowerBound) to \(range.upperBound)." })
    }
}

extension SettingKind<Bool> {
    static var flag: SettingKind {
        SettingKind { value, tell in
            if let flag = value.bool { return flag }
            tell("write true or false.")
            return nil
        }
    }
}

extension SettingKind<Duration> {
    /// A text such as `90s`, `30m`, `1h`.
    static func duration(_ range: ClosedRange<Duration>) -> SettingKind {
        SettingKind(
            read: { value, tell in
                if let duration = value.string.flatMap(Duration.init(humanText:)) { return duration }
                tell("write a time such as \"90s\", \"5m\" or \"1h\".")
                return nil
            },
            problem: {
                range.contains($0) ? nil : "write a time from \(range.lowerBound.humanText) to \(range.upperBound.humanText)."
            })
    }
}

extension SettingKind<UInt16> {
    static var port: SettingKind {
        let sentence = "a port is a number from 1 to 65535."
        return SettingKind(
            read: { value, tell in
                if let port = value.int.flatMap(UInt16.init(exactly:)) { return port }
                tell(value.int == nil ? "write a whole number." : sentence)
                return nil
            },
            problem: { $0 == 0 ? sentence : nil })
    }
}

// MARK: Texts

extension SettingKind<String> {
    /// - Parameter octets: how long it may be, in UTF-8.
    static func text(_ octets: ClosedRange<Int> = 1...4096, _ sentence: String? = nil) -> SettingKind {
        SettingKind(
            read: { value, tell in
                if let text = value.string { return text }
                tell("write a text in quotes.")
                return nil
            },
            problem: {
                octets.contains($0.utf8.count)
                    ? nil : sentence ?? "write \(octets.lowerBound) to \(octets.upperBound) characters."
            })
    }
}

extension SettingKind {
    /// A text that `parse` understands; `wrong` says of one that it does not what it is not.
    static func parsed(
        problem: @escaping @Sendable (Value) -> String? = { _ in nil }, wrong: @escaping @Sendable (String) -> String,
        _ parse: @escaping @Sendable (String) -> Value?
    ) -> SettingKind {
        SettingKind(
            read: { value, tell in
                guard let text = value.string else {
                    tell("write a text in quotes.")
                    return nil
                }
                if let parsed = parse(text) { return parsed }
                tell(wrong(text))
                return nil
            },
            problem: problem)
    }

    /// All mistakes of all elements are told.
    static func list<Element>(
        of kind: SettingKind<Element>, problem: @escaping @Sendable (Value) -> String? = { _ in nil }
    ) -> SettingKind where Value == [Element] {
        SettingKind(
            read: { value, tell in
                guard let array = value.array else {
                    tell("write a list in brackets.")
                    return nil
                }
                let elements = array.map { kind.read($0, tell) }
                return elements.contains(nil) ? nil : elements.compactMap { $0 }
            },
            problem: { elements in elements.lazy.compactMap(kind.problem).first ?? problem(elements) })
    }

    /// One value that stands alone, or a list.
    static func oneOrSeveral<Element>(
        of kind: SettingKind<Element>, of counts: ClosedRange<Int>
    ) -> SettingKind where Value == [Element] {
        let several = list(
            of: kind,
            problem: { $0.count <= counts.upperBound ? nil : "write no more than \(counts.upperBound)." })
        return SettingKind(
            read: { value, tell in
                guard let array = value.array else { return kind.read(value, tell).map { [$0] } }
                if array.count >= counts.lowerBound { return several.read(value, tell) }
                // Only where it is written: what is left out has its default.
                tell("write \(counts.lowerBound) at least, or leave the key out.")
                return nil
            },
            problem: several.problem)
    }
}

extension SettingKind where Value: RawRepresentable<String> & CaseIterable {
    static var choice: SettingKind {
        let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return .parsed(wrong: { _ in "choose one of \(known)." }, Value.init(rawValue:))
    }
}

extension SettingKind<IPAddress> {
    static var address: SettingKind { .parsed(wrong: { "“\($0)” is not an IP address." }, IPAddress.init) }
}

extension SettingKind<CIDRBlock> {
    static var block: SettingKind { .parsed(wrong: CIDRBlock.mistake, CIDRBlock.init) }
}

extension SettingKind<TransportAddress> {
    static var socket: SettingKind {
        .parsed(
            problem: { $0.port == 0 ? "name a port from 1 to 65535." : nil },
            wrong: { "“\($0)” is not an address and a port such as 127.0.0.1:9478 or [::1]:9478." }, TransportAddress.init)
    }
}
