/// What helper and sharer tell each other about how to reach them: in the sealed channel, where no relay can read or
/// change it, and on the path that they have.
///
/// A generation is the number of an ICE session: 0 for the first, whose credentials are in the description.
public enum PeerPayload: Sendable, Hashable {
    /// Who speaks, and what DTLS and ICE need.
    case description(PeerDescription)
    /// One ICE candidate (RFC 8839 §5.1), and whether a router was asked to open it.
    case candidate(line: String, isMapped: Bool, generation: UInt32 = 0)
    /// No more candidates for now (RFC 8838 §13).
    case endOfCandidates(generation: UInt32 = 0)
    /// The ICE credentials of a later session: the speaker has restarted (RFC 8445 §9). Its candidates follow.
    case restart(generation: UInt32, usernameFragment: String, password: String)
    /// The speaker is at the rendezvous again, or answers to that: what it said before may be lost, and it begins an epoch.
    case again(isAnswer: Bool = false)
    /// The speaker's computer is about to be suspended, and will be silent.
    case suspended
    /// It is awake again, or was not suspended after all.
    case awake
    /// The speaker wants to be a contact, and this is where they are rung. The client that sends it adds key and proof.
    case card(PersonCard)
    /// The speaker ends the assistance before or beside the session; a short machine-readable reason.
    case bye(reason: String)
}

/// A peer, its DTLS certificate and its ICE credentials.
public struct PeerDescription: Sendable, Hashable {
    /// The person, in their own words; at most 128 bytes of plain text.
    public var name: String
    /// `sha-256 AB:CD:…` (RFC 8122 §5).
    public var fingerprint: String
    /// RFC 8445 §5.3: 4 to 256 characters.
    public var usernameFragment: String
    /// RFC 8445 §5.3: 22 to 256 characters.
    public var password: String
    /// Whether its program follows to another epoch of the sealed channel, so that both can come back to the rendezvous.
    public var returns: Bool
    /// The key of the person, which the other side has proven where it is told by a client of this room; and that proof. The client
    /// that sends a description sets both.
    public internal(set) var identity: PersonKey?
    var proof: [UInt8]?

    public init(name: String, fingerprint: String, usernameFragment: String, password: String, returns: Bool = true) {
        self.name = name
        self.fingerprint = fingerprint
        self.usernameFragment = usernameFragment
        self.password = password
        self.returns = returns
    }
}

private struct PayloadFields: Codable {
    var type: String
    var name: String?
    var fingerprint: String?
    var ufrag: String?
    var pwd: String?
    var candidate: String?
    var mapped: Bool?
    var reason: String?
    var generation: UInt32?
    var returns: Bool?
    var answer: Bool?
    var identity: String?
    var proof: String?
    var address: String?

    /// The key that the speaker claims, and its proof: both, or neither.
    func claim() throws(MessageError) -> (key: PersonKey, proof: [UInt8])? {
        guard let identity else { return nil }
        guard let key = PersonKey(identity), let proof = proof.flatMap({ Base64URL.decode($0) }), proof.count == IdentityProof.size
        else { throw .malformed }
        return (key, proof)
    }
}

extension PeerPayload {
    private static let nameLimit = 128
    private static let candidateLimit = 1024
    private static let reasonLimit = 64

    /// Reads what was sealed. A name is cleaned and cut rather than refused: a person wrote it.
    public init(parsing text: [UInt8]) throws(MessageError) {
        let fields = try JSONText.decode(PayloadFields.self, from: text)
        switch fields.type {
        case "description":
            guard let name = fields.name,
                let fingerprint = fields.fingerprint, Self.isToken(fingerprint, length: 8...256),
                let ufrag = fields.ufrag, Self.isICEText(ufrag, length: 4...256),
                let pwd = fields.pwd, Self.isICEText(pwd, length: 22...256)
            else { throw .malformed }
            var peer = PeerDescription(
                name: PlainText.cleaned(name, limit: Self.nameLimit), fingerprint: fingerprint,
                usernameFragment: ufrag, password: pwd, returns: fields.returns ?? false)
            if let claim = try fields.claim() { (peer.identity, peer.proof) = (claim.key, claim.proof) }
            self = .description(peer)
        case "candidate":
            guard let line = fields.candidate, Self.isToken(line, length: 1...Self.candidateLimit) else {
                throw .malformed
            }
            self = .candidate(line: line, isMapped: fields.mapped ?? false, generation: fields.generation ?? 0)
        case "end-of-candidates": self = .endOfCandidates(generation: fields.generation ?? 0)
        case "restart":
            guard let generation = fields.generation, generation > 0,
                let ufrag = fields.ufrag, Self.isICEText(ufrag, length: 4...256),
                let pwd = fields.pwd, Self.isICEText(pwd, length: 22...256)
            else { throw .malformed }
            self = .restart(generation: generation, usernameFragment: ufrag, password: pwd)
        case "again": self = .again(isAnswer: fields.answer ?? false)
        case "suspended": self = .suspended
        case "awake": self = .awake
        case "card":
            guard let address = fields.address.flatMap({ PersonAddress($0) }) else { throw .malformed }
            var card = PersonCard(address)
            if let claim = try fields.claim() { (card.key, card.proof) = (claim.key, claim.proof) }
            self = .card(card)
        case "bye":
            guard let reason = fields.reason, Self.isToken(reason, length: 1...Self.reasonLimit) else {
                throw .malformed
            }
            self = .bye(reason: reason)
        default: throw .unknownType
        }
    }

    /// The JSON to seal. What a person wrote is cleaned and cut; what a program wrote must fit.
    public var text: [UInt8] {
        var fields: PayloadFields
        switch self {
        case .description(let peer):
            fields = PayloadFields(type: "description")
            fields.name = PlainText.cleaned(peer.name, limit: Self.nameLimit)
            fields.fingerprint = peer.fingerprint
            fields.ufrag = peer.usernameFragment
            fields.pwd = peer.password
            fields.returns = peer.returns ? true : nil
            fields.identity = peer.identity?.text
            fields.proof = peer.proof.map { Base64URL.encode($0) }
        case .candidate(let line, let isMapped, let generation):
            fields = PayloadFields(type: "candidate")
            fields.candidate = line
            fields.mapped = isMapped
            fields.generation = generation == 0 ? nil : generation
        case .endOfCandidates(let generation):
            fields = PayloadFields(type: "end-of-candidates")
            fields.generation = generation == 0 ? nil : generation
        case .restart(let generation, let ufrag, let password):
            fields = PayloadFields(type: "restart")
            fields.generation = generation
            fields.ufrag = ufrag
            fields.pwd = password
        case .again(let isAnswer):
            fields = PayloadFields(type: "again")
            fields.answer = isAnswer ? true : nil
        case .suspended: fields = PayloadFields(type: "suspended")
        case .awake: fields = PayloadFields(type: "awake")
        case .card(let card):
            fields = PayloadFields(type: "card")
            fields.address = "\(card.address)"
            fields.identity = card.key?.text
            fields.proof = card.proof.map { Base64URL.encode($0) }
        case .bye(let reason):
            fields = PayloadFields(type: "bye")
            fields.reason = reason
        }
        return JSONText.encode(fields)
    }

    /// Printable ASCII.
    private static func isToken(_ text: String, length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// RFC 8839 §5.4: `ice-char` is a letter, a digit, `+` or `/`.
    private static func isICEText(_ text: String, length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2B || $0 == 0x2F
            }
    }
}
