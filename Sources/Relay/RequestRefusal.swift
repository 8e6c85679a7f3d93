import STUN

/// Why an authenticated request is refused: what the error response says.
struct RequestRefusal: Error, Hashable, Sendable {
    let code: ErrorCode
    /// With 420: what was not understood.
    let unknown: [AttributeType]

    init(_ code: ErrorCode, unknown: [AttributeType] = []) {
        self.code = code
        self.unknown = unknown
    }
}

extension Message {
    /// The first attribute of a kind; one that is malformed is a bad request.
    func wellFormed<Kind: Attribute>(_ kind: Kind.Type) throws(RequestRefusal) -> Kind? {
        do { return try attribute(kind) } catch { throw RequestRefusal(.badRequest) }
    }
}
