internal import NetPrimitives
internal import Rendezvous
internal import TOMLKit

/// What a setting's value may be: how it is read from TOML, how it is shown, and what remains of two.
struct PolicyKind<Value: Hashable & Sendable>: Sendable {
    let read: @Sendable (any TOMLValueConvertible) throws(PolicyMistake) -> Value
    let show: @Sendable (Value) -> OrderedJSON
    /// What the administrator's value and the person's allow both.
    let narrow: @Sendable (Value, Value) -> Value

    /// The same, for a setting that may be left open.
    var optional: PolicyKind<Value?> {
        let (read, show, narrow) = (read, show, narrow)
        return PolicyKind<Value?>(
            read: { value throws(PolicyMistake) in try read(value) },
            show: { value in value.map(show) ?? .null },
            narrow: { administrator, person in
                guard let administrator else { return person }
                return person.map { narrow(administrator, $0) } ?? administrator
            })
    }
}

/// What is wrong with a value, and what to write.
struct PolicyMistake: Error, Hashable, Sendable {
    let sentence: String

    init(_ sentence: String) { self.sentence = sentence }
}

extension PolicyKind<Bool> {
    static var flag: PolicyKind {
        PolicyKind(
            read: { value throws(PolicyMistake) in
                guard let flag = value.bool else { throw PolicyMistake("write true or false.") }
                return flag
            },
            show: { .boolean($0) }, narrow: { $0 && $1 })
    }

    /// A flag that is the administrator's alone once it is set, whichever way.
    static var firm: PolicyKind { PolicyKind(read: flag.read, show: flag.show, narrow: { administrator, _ in administrator }) }
}

extension PolicyKind<Duration> {
    static var time: PolicyKind {
        PolicyKind(
            read: { value throws(PolicyMistake) in
                guard let time = value.string.flatMap(Duration.init(humanText:)) else {
                    throw PolicyMistake("write a time such as \"30m\", \"1h\" or \"2d\".")
                }
                return time
            },
            show: { .string($0.humanText) }, narrow: { min($0, $1) })
    }
}

extension PolicyKind<Ceiling> {
    static var ceiling: PolicyKind {
        PolicyKind(
            read: { value throws(PolicyMistake) in try oneOf(value.string) },
            show: { .string($0.rawValue) }, narrow: { $0.narrowed(by: $1) })
    }
}

extension PolicyKind<Directions> {
    static var directions: PolicyKind {
        PolicyKind(
            read: { value throws(PolicyMistake) in try oneOf(value.string) },
            show: { .string($0.rawValue) }, narrow: { $0.narrowed(by: $1) })
    }
}

extension PolicyKind<String> {
    /// Sentences for whoever is asked; the administrator's replace the person's own.
    static var warning: PolicyKind {
        PolicyKind(
            read: { value throws(PolicyMistake) in
                guard let text = value.string, !text.isEmpty, text.utf8.count <= 1000 else {
                    throw PolicyMistake("write up to 1000 bytes of text in quotes.")
                }
                guard text.unicodeScalars.allSatisfy({ $0.isPrintable || $0 == "\n" }) else {
                    throw PolicyMistake("write letters, spaces and line ends alone.")
                }
                return text
            },
            show: { .string($0) }, narrow: { administrator, _ in administrator })
    }
}

// MARK: Lists

extension PolicyKind<[RelayURL]> {
    static var relays: PolicyKind {
        PolicyKind(
            read: { value throws(PolicyMistake) in
                try list(value, of: "relays") { entry throws(PolicyMistake) in
                    guard let text = entry.string else { throw PolicyMistake("write each relay as a text in quotes.") }
                    guard let relay = RelayURL(asWritten: text) else { throw PolicyMistake(RelayURL.howToWrite(text)) }
                    return relay
                }
            },
            show: { .array($0.map { .string($0.description) }) }, narrow: { $0.filter($1.contains) })
    }
}

extension PolicyKind<[String]> {
    static var destinations: PolicyKind {
        PolicyKind(
            read: { value throws(PolicyMistake) in
                try list(value, of: "destinations") { entry throws(PolicyMistake) in
                    // What may stand behind http:// is a host and its port; the port is not left out here.
                    guard let text = entry.string, text.last != "/", let url = RelayURL("http://" + text),
                        url.authority.wholeMatch(of: /(\[.*\]|[^:]*):[0-9]+/) != nil
                    else { throw PolicyMistake("write each destination as \"HOST:PORT\".") }
                    return url.authority
                }
            },
            show: { .array($0.map { .string($0) }) }, narrow: { $0.filter($1.contains) })
    }
}

extension PolicyKind<[PermittedHelper]> {
    static var helpers: PolicyKind {
        PolicyKind(
            read: { value throws(PolicyMistake) in
                try list(value, of: "helpers") { entry throws(PolicyMistake) in try PermittedHelper(entry) }
            },
            show: { .array($0.map(\.json)) },
            narrow: { administrator, person in
                administrator.compactMap { helper in
                    person.first { $0.identity == helper.identity }.map {
                        PermittedHelper(helper.identity, ceiling: helper.ceiling.narrowed(by: $0.ceiling))
                    }
                }
            })
    }
}

extension PermittedHelper {
    fileprivate init(_ entry: any TOMLValueConvertible) throws(PolicyMistake) {
        let example = "write each helper as { contact = \"NAME@RELAY\", may = \"view\" }, with key or group in place of contact, and view or control."
        guard let table = entry.table, table.keys.count == 2, let text = table["may"]?.string,
            let name = table.keys.first(where: { $0 != "may" }), let value = table[name]?.string,
            !value.isEmpty, value.utf8.count <= 256, value.unicodeScalars.allSatisfy(\.isPrintable)
        else { throw PolicyMistake(example) }
        ceiling = try oneOf(text)
        switch name {
        case "contact":
            guard let address = PersonAddress(value) else { throw PolicyMistake("write a contact by the whole address: NAME@RELAY.") }
            identity = .contact("\(address)")
        case "group": identity = .group(value)
        case "key":
            guard value.uppercased().wholeMatch(of: /[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){5}/) != nil else {
                throw PolicyMistake("write a key by its fingerprint, as “ra-connect contacts list” shows it: six groups of four characters.")
            }
            identity = .key(value.uppercased())
        default: throw PolicyMistake(example)
        }
    }

    fileprivate var json: OrderedJSON {
        let may = OrderedJSON.string(ceiling.rawValue)
        return switch identity {
        case .contact(let name): .object(["contact": .string(name), "may": may])
        case .key(let fingerprint): .object(["key": .string(fingerprint), "may": may])
        case .group(let name): .object(["group": .string(name), "may": may])
        }
    }
}

/// Reads a text that is one of a few.
private func oneOf<Choice: RawRepresentable & CaseIterable>(_ text: String?) throws(PolicyMistake) -> Choice
where Choice.RawValue == String {
    guard let choice = text.flatMap(Choice.init) else {
        throw PolicyMistake("write one of \(Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")).")
    }
    return choice
}

/// Entries of one list: a department, not a company.
private let longestList = 1000

private func list<Element>(
    _ value: any TOMLValueConvertible, of what: String,
    _ read: (any TOMLValueConvertible) throws(PolicyMistake) -> Element
) throws(PolicyMistake) -> [Element] {
    guard let array = value.array else { throw PolicyMistake("write a list of \(what) in brackets.") }
    guard array.count <= longestList else { throw PolicyMistake("write \(longestList) entries at most.") }
    var elements: [Element] = []
    for entry in array { elements.append(try read(entry)) }
    return elements
}
