/// What of a person's messages an answer is about.
public enum Asked: Hashable, Sendable {
    case identify
    case register(PersonName)
    case look(PersonName)
    case present(PersonName)
    case presence(PersonName)
    case call(CallID)
    /// Something else, or nothing in particular.
    case other
}

extension Asked {
    /// As the wire has it: a word, and what it is about.
    init(_ fields: ContactFields) throws(MessageError) {
        switch fields.of {
        case "identify": self = .identify
        case "register": self = .register(try fields.requireName())
        case "look": self = .look(try fields.requireName())
        case "present": self = .present(try fields.requireName())
        case "presence": self = .presence(try fields.requireName())
        case "call": self = .call(try fields.requireCall())
        default: self = .other  // a later relay's word
        }
    }

    func write(to fields: inout ContactFields) {
        switch self {
        case .identify: fields.of = "identify"
        case .register(let name): (fields.of, fields.name) = ("register", name.text)
        case .look(let name): (fields.of, fields.name) = ("look", name.text)
        case .present(let name): (fields.of, fields.name) = ("present", name.text)
        case .presence(let name): (fields.of, fields.name) = ("presence", name.text)
        case .call(let call): (fields.of, fields.call) = ("call", call.text)
        case .other: break
        }
    }
}
