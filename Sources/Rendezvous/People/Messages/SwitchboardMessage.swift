/// What the switchboard of a relay says to a person's program.
public enum SwitchboardMessage: Sendable, Equatable {
    /// Prove that the key is yours, by signing this.
    case challenge([UInt8])
    case identified
    /// The key that the relay knows for the name.
    case person(Person)
    case nobody(PersonName)
    case registered(PersonName)
    case present(PersonName)
    /// The key of whoever is there; nil: not there, or not for you.
    case presence(PersonName, PersonKey?)
    /// Another node is where that is asked.
    case elsewhere(RelayURL, for: Asked)
    /// Nobody is there who takes this call; why is not said.
    case unavailable(CallID)
    /// The request is passed on if there is anybody; nothing more is said unless they answer.
    case asked(CallID)
    case called(CallID, from: PersonKey, CallKind, payload: String)
    case answered(CallID, payload: String)
    case hungUp(CallID, payload: String?)
    /// The same person is present on another connection, and no longer on this one.
    case replaced
    case error(ContactRefusal, of: Asked)
}

extension SwitchboardMessage {
    public init(parsing text: [UInt8]) throws(MessageError) {
        let fields = try JSONText.decode(ContactFields.self, from: text, limit: ContactFields.maximumSize)
        switch fields.type {
        case "challenge": self = .challenge(try fields.requireNonce())
        case "identified": self = .identified
        case "person": self = .person(Person(name: try fields.requireName(), key: try fields.requireKey()))
        case "nobody": self = .nobody(try fields.requireName())
        case "registered": self = .registered(try fields.requireName())
        case "present": self = .present(try fields.requireName())
        case "presence":
            self = .presence(try fields.requireName(), try fields.requireHere() ? try fields.requireKey() : nil)
        case "elsewhere": self = .elsewhere(try fields.requireURL(), for: try Asked(fields))
        case "unavailable": self = .unavailable(try fields.requireCall())
        case "asked": self = .asked(try fields.requireCall())
        case "called":
            self = .called(
                try fields.requireCall(), from: try fields.requireSender(), try fields.requireKind(),
                payload: try fields.requirePayload())
        case "answered": self = .answered(try fields.requireCall(), payload: try fields.requirePayload())
        case "hung-up": self = .hungUp(try fields.requireCall(), payload: try fields.payloadIfGiven())
        case "replaced": self = .replaced
        case "error":
            guard let code = fields.code.flatMap(ContactRefusal.init(rawValue:)) else { throw .malformed }
            self = .error(code, of: try Asked(fields))
        default: throw .unknownType
        }
    }

    public var text: [UInt8] { JSONText.encode(fields) }

    private var fields: ContactFields {
        var fields: ContactFields
        switch self {
        case .challenge(let nonce):
            fields = ContactFields("challenge")
            fields.nonce = Base64URL.encode(nonce)
        case .identified: fields = ContactFields("identified")
        case .person(let person):
            fields = ContactFields("person")
            fields.name = person.name.text
            fields.key = person.key.text
        case .nobody(let name):
            fields = ContactFields("nobody")
            fields.name = name.text
        case .registered(let name):
            fields = ContactFields("registered")
            fields.name = name.text
        case .present(let name):
            fields = ContactFields("present")
            fields.name = name.text
        case .presence(let name, let key):
            fields = ContactFields("presence")
            fields.name = name.text
            fields.here = key != nil
            fields.key = key?.text
        case .elsewhere(let url, let asked):
            fields = ContactFields("elsewhere")
            fields.url = url.description
            asked.write(to: &fields)
        case .unavailable(let call):
            fields = ContactFields("unavailable")
            fields.call = call.text
        case .asked(let call):
            fields = ContactFields("asked")
            fields.call = call.text
        case .called(let call, let from, let kind, let payload):
            fields = ContactFields("called")
            fields.call = call.text
            fields.from = from.text
            fields.kind = kind.rawValue
            fields.payload = payload
        case .answered(let call, let payload):
            fields = ContactFields("answered")
            fields.call = call.text
            fields.payload = payload
        case .hungUp(let call, let payload):
            fields = ContactFields("hung-up")
            fields.call = call.text
            fields.payload = payload
        case .replaced: fields = ContactFields("replaced")
        case .error(let code, let asked):
            fields = ContactFields("error")
            fields.code = code.rawValue
            asked.write(to: &fields)
        }
        return fields
    }
}
