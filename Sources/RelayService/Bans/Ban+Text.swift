import NetPrimitives
public import Rendezvous

// How bans are printed.
extension Ban {
    /// `{"user":…|null,"address":…|null,"added":…,"expires":…|null,"reason":…|null}`
    public var json: String { jsonValue.text }

    var jsonValue: OrderedJSON {
        .object([
            "user": subject.kind == .user ? .string(subject.text) : .null,
            "address": subject.kind == .address ? .string(subject.text) : .null,
            "added": .string("\(added)"), "expires": .optional(expires), "reason": reason.isEmpty ? .null : .string(reason),
        ])
    }

    /// One line for a person.
    public var sentence: String {
        let end = expires.map { "until \($0)" } ?? "until it is removed"
        return "\(subject.sentence), \(end)" + (reason.isEmpty ? "" : ": \(reason)")
    }

    /// `{"bans":[…]}`
    public static func json(_ bans: [Ban]) -> String { OrderedJSON.object(["bans": .array(bans.map(\.jsonValue))]).text }
}

extension BanSubject {
    /// What a person calls it.
    public var sentence: String {
        switch self {
        case .user(let name): "user \(name)"
        case .addresses(let block): "address \(block)"
        }
    }
}

extension BanSubject.Mistake: CustomStringConvertible {
    /// What to write instead.
    public var description: String {
        switch self {
        case .notAnAddress: "write an address such as 192.0.2.7, or a block of them such as 192.0.2.0/24 or 2001:db8::/32."
        case .insideBlock(let block): "that begins inside a block: write \(block)."
        case .tooMany(let shortest): "that is a large part of the internet: the shortest prefix is /\(shortest)."
        }
    }
}
