internal import NetPrimitives

/// The fields of what is said about files, clipboard and connections.
extension ControlMessage {
    static func decodeRules(_ reader: inout FieldReader) throws(Malformed) -> SideRules {
        var rules = SideRules(
            files: SideRules.Ways(rawValue: try reader.byte()), clipboard: SideRules.Ways(rawValue: try reader.byte()))
        guard try reader.flag() else { return rules }
        let count = Int(try reader.byte())
        guard count <= SideRules.maximumDestinations else { throw .tooLong }
        var destinations: [Destination] = []
        for _ in 0..<count { destinations.append(try decodeDestination(&reader)) }
        rules.tcp = destinations
        return rules
    }

    static func decodeSubject(_ kind: Capability, _ reader: inout FieldReader) throws(Malformed) -> SideRequest.Subject {
        switch kind {
        case .view, .control: throw .outOfRange
        case .file:
            let bytes = try reader.long()
            let name = try reader.text(atMost: maximumNameBytes)
            guard bytes <= UInt64(Int64.max) else { throw .outOfRange }
            return .file(name: name, bytes: bytes)
        case .clipboard:
            let ways = SideRules.Ways(rawValue: try reader.byte())
            guard !ways.isEmpty else { throw .outOfRange }
            return .clipboard(ways)
        case .tcp: return .tcp(try decodeDestination(&reader))
        }
    }

    private static func decodeDestination(_ reader: inout FieldReader) throws(Malformed) -> Destination {
        let port = try reader.short()
        let host = try reader.text(atMost: Destination.maximumHostBytes)
        guard let destination = Destination(host: host, port: port) else { throw .outOfRange }
        return destination
    }

    static func encode(_ rules: SideRules, into writer: inout ByteWriter) {
        writer.write(rules.files.rawValue)
        writer.write(rules.clipboard.rawValue)
        writer.write(UInt8(rules.tcp == nil ? 0 : 1))
        guard let destinations = rules.tcp?.prefix(SideRules.maximumDestinations) else { return }
        writer.write(UInt8(destinations.count))
        for destination in destinations { encode(destination, into: &writer) }
    }

    static func encode(_ subject: SideRequest.Subject, into writer: inout ByteWriter) {
        switch subject {
        case .file(let name, let bytes):
            writer.write(bytes)
            writer.write(text: name, atMost: maximumNameBytes)
        case .clipboard(let ways): writer.write(ways.rawValue)
        case .tcp(let destination): encode(destination, into: &writer)
        }
    }

    private static func encode(_ destination: Destination, into writer: inout ByteWriter) {
        writer.write(destination.port)
        writer.write(text: destination.host, atMost: Destination.maximumHostBytes)
    }
}
