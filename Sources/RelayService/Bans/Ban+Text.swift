import NetPrimitives
public import Rendezvous

// How bans are printed.
extension Ban {
    /// `{"user":…|null,"address":…|null,"person":…|null,"key":…|null,"added":…,"expires":…|null,"reason":…|null}`: `key` is a fingerprint,
    /// of a person's name that of the key which has it.
    public var json: String { jsonValue.text }

    var jsonValue: OrderedJSON {
        .object([
            "user": subject.kind == .user ? .string(subject.text) : .null,
            "address": subject.kind == .address ? .string(subject.text) : .null,
            "person": subject.kind == .person ? .string(subject.text) : .null,
            "key": .optional(fingerprint),
            "added": .string("\(added)"), "expires": .optional(expires), "reason": reason.isEmpty ? .null : .string(reason),
        ])
    }

    /// One line for a person.
    public var sentence: String {
        let end = expires.map { "until \($0)" } ?? "until it is removed"
        let holder = holder.map { " with the key \($0.fingerprint)" } ?? ""
        return "\(subject.sentence)\(holder), \(end)" + (reason.isEmpty ? "" : ": \(reason)")
    }

    private var fingerprint: KeyFingerprint? {
        switch subject {
        case .user, .addresses: nil
        case .person: holder.map { KeyFingerprint($0) }
        case .key(let fingerprint): fingerprint
        }
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
        case .person(let name): "person \(name)"
        case .key(let fingerprint): "key \(fingerprint)"
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
