// A candidate as the line of RFC 8839 §5.1, which the rendezvous carries and browsers speak.

import NetPrimitives

extension Candidate {
    /// Octets of a line that are looked at; a real one has about 150.
    public static let maximumLineOctets = 1024

    /// Reads `candidate:…`, with or without `a=` before it. Extensions that are not known are ignored.
    public init(sdp line: String) throws(CandidateParsingError) {
        guard line.utf8.count <= Self.maximumLineOctets else { throw .tooLong }
        var text = line[...]
        if text.hasPrefix("a=") { text = text.dropFirst(2) }
        guard text.hasPrefix("candidate:") else { throw .notACandidate }
        var fields = SDPFields(text.dropFirst("candidate:".count))
        let foundation = try fields.next(.foundation)
        guard (1...32).contains(foundation.utf8.count), foundation.utf8.allSatisfy(Self.isIceChar) else {
            throw .malformedField(.foundation)
        }
        let component = try fields.nextNumber(.component, in: 1...256)
        let transportWord = try fields.next(.transport).lowercased()
        let priority = try fields.nextNumber(.priority, in: 1...0x7FFF_FFFF)
        let addressWord = try fields.next(.address)
        let port = try fields.nextNumber(.port, in: 1...65_535)
        guard try fields.next(.type) == "typ" else { throw .malformedField(.type) }
        let typeWord = try fields.next(.type)
        guard let transport = CandidateTransport(rawValue: transportWord) else { throw .unknownTransport }
        guard let type = CandidateType(rawValue: typeWord.lowercased()) else { throw .unknownType }
        guard let ip = IPAddress(addressWord) else {
            throw Self.isName(addressWord) ? .addressIsAName : .malformedField(.address)
        }
        let extensions = try Self.readExtensions(&fields)
        // RFC 6544 §4.5 wants one of every TCP candidate.
        guard transport == .udp || extensions.tcpType != nil else { throw .missingField(.tcpType) }
        self.init(
            type: type, isMapped: type == .serverReflexive && extensions.isMapped, transport: transport,
            tcpType: transport == .tcp ? extensions.tcpType : nil, component: UInt16(component), address: TransportAddress(ip: ip, port: UInt16(port)),
            relatedAddress: extensions.related, priority: UInt32(priority), foundation: foundation)
    }

    /// The line, beginning with `candidate:`.
    public var sdp: String {
        var line =
            "candidate:\(foundation) \(component) \(transport.rawValue) \(priority) \(address.ip) \(address.port)"
            + " typ \(type.rawValue)"
        if type != .host {
            // RFC 8839 §5.1 wants both for every other type; §9.1 has the unspecified address stand for a kept secret.
            let hidden = TransportAddress(ip: address.family == .ipv4 ? .anyV4 : .anyV6, port: 9)
            let related = relatedAddress ?? hidden
            line += " raddr \(related.ip) rport \(related.port)"
        }
        if let tcpType { line += " tcptype \(tcpType.rawValue)" }
        if isMapped { line += " mapped 1" }
        return line
    }

    /// What follows the type.
    private struct Extensions {
        var related: TransportAddress?
        var isMapped = false
        var tcpType: TCPType?
    }

    private static func readExtensions(
        _ fields: inout SDPFields
    ) throws(CandidateParsingError) -> Extensions {
        var relatedIP: IPAddress?
        var relatedPort: UInt16?
        var extensions = Extensions()
        while !fields.isAtEnd {
            let name = try fields.next(.extension)
            switch name {
            case "raddr":
                let word = try fields.next(.relatedAddress)
                relatedIP = IPAddress(word)
                guard relatedIP != nil || isName(word) else { throw .malformedField(.relatedAddress) }
            case "rport":
                relatedPort = UInt16(try fields.nextNumber(.relatedPort, in: 0...65_535))
            case "mapped":
                extensions.isMapped = try fields.next(.extension) == "1"
            case "tcptype":
                guard let tcpType = TCPType(rawValue: try fields.next(.tcpType).lowercased()) else {
                    throw .malformedField(.tcpType)
                }
                extensions.tcpType = tcpType
            default:
                _ = try fields.next(.extension)
            }
        }
        if let relatedIP, let relatedPort {
            extensions.related = TransportAddress(ip: relatedIP, port: relatedPort)
        }
        return extensions
    }

    private static func isIceChar(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "/"): true
        default: false
        }
    }

    /// Letters, digits, hyphens and dots with a letter among them: a host name, and no broken address.
    private static func isName(_ word: String) -> Bool {
        word.utf8.contains { (0x41...0x5A).contains($0 & 0xDF) }
            && word.utf8.allSatisfy { octet in
                switch octet {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."): true
                default: false
                }
            }
    }
}

/// The words of a candidate's line, each parted from the next by one space.
private struct SDPFields {
    private var words: ArraySlice<Substring>

    init(_ text: Substring) { words = text.split(separator: " ", omittingEmptySubsequences: false)[...] }

    var isAtEnd: Bool { words.isEmpty }

    mutating func next(_ field: CandidateParsingError.Field) throws(CandidateParsingError) -> String {
        guard let word = words.popFirst(), !word.isEmpty else { throw .missingField(field) }
        // Visible ASCII only: RFC 8839's byte-string has no use for more, and logs stay clean.
        guard word.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .malformedField(field) }
        return String(word)
    }

    /// A decimal number without a sign, of at most ten digits (RFC 8839 §5.1).
    mutating func nextNumber(
        _ field: CandidateParsingError.Field, in range: ClosedRange<Int>
    ) throws(CandidateParsingError) -> Int {
        let word = try next(field)
        guard word.utf8.count <= 10, word.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(word),
            range.contains(number)
        else { throw .malformedField(field) }
        return number
    }
}
