import FoundationEssentials

/// The file's JSON, field by field.
private struct FileFields: Codable {
    struct Sealed: Codable {
        var kdf: String
        var passes: Int
        var memory: Int
        var salt: String
        var nonce: String
        var box: String
    }

    var version: Int
    var relay: String
    var lookup: String
    var secret: String?
    var sealed: Sealed?
    var from: String?
    var expires: String
    var ceiling: String
    var message: String?
}

private struct FileVersion: Codable { var version: Int }

extension InvitationFile {
    /// Reads a file's contents; the secret of a sealed one stays sealed.
    public init(parsing contents: [UInt8]) throws(InvitationError) {
        guard contents.count <= Self.maximumSize else { throw .malformedFile }
        let decoder = JSONDecoder()
        guard let version = try? decoder.decode(FileVersion.self, from: Data(contents)).version else {
            throw .malformedFile
        }
        guard version == Self.version else { throw .unsupportedVersion(version) }
        guard let fields = try? decoder.decode(FileFields.self, from: Data(contents)),
            let relay = RelayURL(fields.relay), let lookup = Lookup(fields.lookup),
            let expires = UnixTime(fields.expires), let ceiling = Ceiling(rawValue: fields.ceiling),
            PlainText.accepts(fields.from ?? "", limit: Self.nameLimit),
            PlainText.accepts(fields.message ?? "", limit: Self.messageLimit, lines: true)
        else { throw .malformedFile }
        let payload: Payload
        switch (fields.secret, fields.sealed) {
        case (let secret?, nil):
            guard let key = InvitationKey(linkText: secret) else { throw .malformedFile }
            payload = .clear(key)
        case (nil, let sealed?):
            guard sealed.kdf == "argon2id", let salt = Base64URL.decode(sealed.salt),
                let nonce = Base64URL.decode(sealed.nonce), let box = Base64URL.decode(sealed.box)
            else { throw .malformedFile }
            let cost = PasswordCost(passes: sealed.passes, memory: sealed.memory)
            guard cost.isAcceptable, salt.count == SealedSecret.saltSize, nonce.count == SealedSecret.nonceSize else {
                throw .malformedFile
            }
            payload = .sealed(SealedSecret(cost: cost, salt: salt, nonce: nonce, box: box))
        case (nil, nil), (_?, _?): throw .malformedFile
        }
        self.init(
            relay: relay, lookup: lookup, from: fields.from, expires: expires, ceiling: ceiling,
            message: fields.message, payload: payload)
    }

    /// The file's contents in clear, for the person who invites: one JSON object and a line feed.
    public var exposedContents: [UInt8] {
        var fields = FileFields(
            version: Self.version, relay: relay.description, lookup: lookup.text, from: from,
            expires: expires.description, ceiling: ceiling.rawValue, message: message)
        switch payload {
        case .clear(let key): fields.secret = key.exposedText
        case .sealed(let box):
            fields.sealed = FileFields.Sealed(
                kdf: "argon2id", passes: box.cost.passes, memory: box.cost.memory, salt: Base64URL.encode(box.salt),
                nonce: Base64URL.encode(box.nonce), box: Base64URL.encode(box.box))
        }
        return JSONText.encode(fields, pretty: true) + [0x0A]
    }
}
