/// What a person's program says to the switchboard of a relay.
public enum PersonMessage: Sendable, Equatable {
    /// Whose key it is. Answer: `challenge`.
    case identify(PersonKey)
    /// An Ed25519 signature of the challenge. Answer: `identified`.
    case prove([UInt8])
    /// Whose name it is. Answer: `person` or `nobody`.
    case look(PersonName)
    /// The name is to be mine. Answer: `registered`.
    case register(PersonName)
    /// I am there under my name, for these; others may ask to become one of them if strangers are welcome. Answer: `present`, or
    /// `elsewhere` with the node to go to.
    case present(PersonName, AllowList, strangers: Bool)
    /// I am not there any more.
    case absent
    /// These from now on.
    case allow(AllowList, strangers: Bool)
    /// Whether somebody is there. Answer: `presence` or `elsewhere`.
    case presence(PersonName)
    /// A letter to whoever has the name and the key. Answer: `answered`, `unavailable`, `asked` or `elsewhere`.
    case call(CallID, PersonName, PersonKey, CallKind, payload: String)
    /// To who has called.
    case answer(CallID, payload: String)
    /// Either side ends a call, perhaps with a letter.
    case hangUp(CallID, payload: String?)
}

extension PersonMessage {
    public init(parsing text: [UInt8]) throws(MessageError) {
        let fields = try JSONText.decode(ContactFields.self, from: text, limit: ContactFields.maximumSize)
        switch fields.type {
        case "identify":
            try fields.requireVersion()
            self = .identify(try fields.requireKey())
        case "prove": self = .prove(try fields.requireProof())
        case "look": self = .look(try fields.requireName())
        case "register": self = .register(try fields.requireName())
        case "present":
            self = .present(try fields.requireName(), try fields.requireAllow(), strangers: try fields.requireStrangers())
        case "absent": self = .absent
        case "allow": self = .allow(try fields.requireAllow(), strangers: try fields.requireStrangers())
        case "presence": self = .presence(try fields.requireName())
        case "call":
            self = .call(
                try fields.requireCall(), try fields.requireRecipient(), try fields.requireKey(), try fields.requireKind(),
                payload: try fields.requirePayload())
        case "answer": self = .answer(try fields.requireCall(), payload: try fields.requirePayload())
        case "hang-up": self = .hangUp(try fields.requireCall(), payload: try fields.payloadIfGiven())
        default: throw .unknownType
        }
    }

    public var text: [UInt8] { JSONText.encode(fields) }

    private var fields: ContactFields {
        var fields: ContactFields
        switch self {
        case .identify(let key):
            fields = ContactFields("identify")
            fields.version = ContactFields.currentVersion
            fields.key = key.text
        case .prove(let proof):
            fields = ContactFields("prove")
            fields.proof = Base64URL.encode(proof)
        case .look(let name):
            fields = ContactFields("look")
            fields.name = name.text
        case .register(let name):
            fields = ContactFields("register")
            fields.name = name.text
        case .present(let name, let allow, let strangers):
            fields = ContactFields("present")
            fields.name = name.text
            fields.allow = allow.text
            fields.strangers = strangers
        case .absent: fields = ContactFields("absent")
        case .allow(let allow, let strangers):
            fields = ContactFields("allow")
            fields.allow = allow.text
            fields.strangers = strangers
        case .presence(let name):
            fields = ContactFields("presence")
            fields.name = name.text
        case .call(let call, let name, let key, let kind, let payload):
            fields = ContactFields("call")
            fields.call = call.text
            fields.to = name.text
            fields.key = key.text
            fields.kind = kind.rawValue
            fields.payload = payload
        case .answer(let call, let payload):
            fields = ContactFields("answer")
            fields.call = call.text
            fields.payload = payload
        case .hangUp(let call, let payload):
            fields = ContactFields("hang-up")
            fields.call = call.text
            fields.payload = payload
        }
        return fields
    }
}
