// An address to text and back: strict dotted quads, and RFC 4291 §2.2 read, RFC 5952 §4 written.

extension IPAddress: LosslessStringConvertible {
    /// Reads an address as a person or a configuration file writes it; nil when it is not one.
    ///
    /// An IPv4 number has four decimal parts without leading zeros. An IPv6 address may end in a
    /// dotted quad. Brackets, scopes and ports are not part of an address.
    public init?(_ text: String) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            self.init(ipv6Text: text[...])
        } else if let bits = Self.parseQuad(text[...]) {
            self = .v4(bits)
        } else {
            return nil
        }
    }

    private static func parseQuad(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                part.utf8.count == 1 || part.utf8.first != 0x30, let octet = UInt8(part)
            else { return nil }
            bits = bits << 8 | UInt32(octet)
        }
        return bits
    }

    private init?(ipv6Text text: Substring) {
        var halves: [[UInt16]] = []
        var rest = text
        if let gap = text.firstRange(of: "::") {
            guard let left = Self.parseGroups(text[..<gap.lowerBound], allowQuad: false) else { return nil }
            halves.append(left)
            rest = text[gap.upperBound...]
        }
        guard let right = Self.parseGroups(rest, allowQuad: true) else { return nil }
        halves.append(right)
        var groups = halves[0]
        if halves.count == 2 {
            let missing = 8 - halves[0].count - halves[1].count
            guard missing >= 1 else { return nil }
            groups += Array(repeating: 0, count: missing) + halves[1]
        }
        guard groups.count == 8 else { return nil }
        self = .v6(
            groups[..<4].reduce(0) { $0 << 16 | UInt64($1) }, groups[4...].reduce(0) { $0 << 16 | UInt64($1) })
    }

    private static func parseGroups(_ text: Substring, allowQuad: Bool) -> [UInt16]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if allowQuad, index == parts.count - 1, let quad = parseQuad(part) {
                groups += [UInt16(truncatingIfNeeded: quad >> 16), UInt16(truncatingIfNeeded: quad)]
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.first != UInt8(ascii: "+"),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }

    public var description: String {
        switch self {
        case .v4(let bits):
            return "\(bits >> 24).\(bits >> 16 & 0xFF).\(bits >> 8 & 0xFF).\(bits & 0xFF)"
        case .v6(0, let low) where low >> 32 == 0xFFFF:
            return "::ffff:\(IPAddress.v4(UInt32(truncatingIfNeeded: low)))"
        case .v6(let high, let low):
            let groups =
                (0..<4).map { UInt16(truncatingIfNeeded: high >> (48 - 16 * $0)) }
                + (0..<4).map { UInt16(truncatingIfNeeded: low >> (48 - 16 * $0)) }
            let words = groups.map { String($0, radix: 16) }
            guard let gap = Self.longestZeroRun(in: groups) else { return words.joined(separator: ":") }
            return words[..<gap.lowerBound].joined(separator: ":") + "::"
                + words[gap.upperBound...].joined(separator: ":")
        }
    }

    /// The first longest run of two or more zero groups (RFC 5952 §4.2).
    private static func longestZeroRun(in groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start >= 2, index - start > (best?.count ?? 0) { best = start..<index }
            start = index + 1
        }
        return best
    }
}
