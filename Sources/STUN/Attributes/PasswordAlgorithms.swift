// RFC 8489 §14.11 and §14.12: PASSWORD-ALGORITHMS and PASSWORD-ALGORITHM.

public import NetPrimitives

/// PASSWORD-ALGORITHM: how the client has made a key of its password, by a number of IANA's registry.
public struct PasswordAlgorithm: Attribute, Hashable {
    public static let type = AttributeType.passwordAlgorithm
    public let number: UInt16
    /// Empty for both algorithms that there are.
    public let parameters: [UInt8]

    public init(number: UInt16, parameters: [UInt8] = []) {
        self.number = number
        self.parameters = parameters
    }

    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        let entries = try PasswordAlgorithms(decoding: value, in: transactionID).algorithms
        guard entries.count == 1 else { throw MalformedAttribute(Self.type) }
        self = entries[0]
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        writer.write(number)
        writer.write(UInt16(truncatingIfNeeded: parameters.count))
        writer.write(parameters)
        writer.writeZeros((4 - parameters.count % 4) % 4)
    }
}

/// PASSWORD-ALGORITHMS: what a server accepts, best first.
public struct PasswordAlgorithms: Attribute, Hashable {
    public static let type = AttributeType.passwordAlgorithms
    public let algorithms: [PasswordAlgorithm]

    public init(_ algorithms: [PasswordAlgorithm]) { self.algorithms = algorithms }

    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        var reader = ByteReader(value)
        var algorithms: [PasswordAlgorithm] = []
        do {
            while reader.remaining > 0 {
                let number = try reader.readUInt16()
                let count = Int(try reader.readUInt16())
                let parameters = Array(try reader.read(count: count))
                algorithms.append(PasswordAlgorithm(number: number, parameters: parameters))
                // The last one's padding may be taken for the attribute's own, and then is not counted.
                _ = try reader.read(count: min((4 - count % 4) % 4, reader.remaining))
            }
        } catch { throw MalformedAttribute(Self.type) }
        guard !algorithms.isEmpty else { throw MalformedAttribute(Self.type) }
        self.algorithms = algorithms
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        for algorithm in algorithms { algorithm.encode(into: &writer, in: transactionID) }
    }
}
