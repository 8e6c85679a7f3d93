import NetPrimitives
import STUN

/// Why an authenticated request is refused: what the error response says.
struct RequestRefusal: Error, Hashable, Sendable {
    let code: ErrorCode
    /// With 420: what was not understood.
    let unknown: [AttributeType]
    /// With 300: where to ask instead.
    let alternates: [TransportAddress]

    init(_ code: ErrorCode, unknown: [AttributeType] = [], alternates: [TransportAddress] = []) {
        self.code = code
        self.unknown = unknown
        self.alternates = alternates
    }

    func describe(in answer: inout MessageBuilder) {
        answer.add(code)
        if !unknown.isEmpty { answer.add(UnknownAttributes(unknown)) }
        for address in alternates { answer.add(AlternateServer(address)) }
    }
}

extension Message {
    /// The first attribute of a kind; one that is malformed is a bad request.
    func wellFormed<Kind: Attribute>(_ kind: Kind.Type) throws(RequestRefusal) -> Kind? {
        do { return try attribute(kind) } catch { throw RequestRefusal(.badRequest) }
    }
}
