internal import NetPrimitives

/// Reads the fields of a control message and speaks its errors.
struct FieldReader {
    private var reader: ByteReader

    init(_ bytes: [UInt8]) { reader = ByteReader(bytes) }

    mutating func byte() throws(ControlMessage.Malformed) -> UInt8 {
        do { return try reader.readUInt8() } catch { throw .truncated }
    }

    mutating func short() throws(ControlMessage.Malformed) -> UInt16 {
        do { return try reader.readUInt16() } catch { throw .truncated }
    }

    mutating func number() throws(ControlMessage.Malformed) -> UInt32 {
        do { return try reader.readUInt32() } catch { throw .truncated }
    }

    mutating func long() throws(ControlMessage.Malformed) -> UInt64 {
        do { return try reader.readUInt64() } catch { throw .truncated }
    }

    mutating func flag() throws(ControlMessage.Malformed) -> Bool {
        switch try byte() {
        case 0: false
        case 1: true
        default: throw .outOfRange
        }
    }

    mutating func text(atMost bound: Int) throws(ControlMessage.Malformed) -> String {
        let count = Int(try short())
        guard count <= bound else { throw .tooLong }
        let bytes: ArraySlice<UInt8>
        do { bytes = try reader.read(count: count) } catch { throw .truncated }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
        return text
    }
}

extension ByteWriter {
    mutating func write(text: String, atMost bound: Int) {
        let cut = text.cut(toBytes: bound)
        write(UInt16(truncatingIfNeeded: cut.utf8.count))
        write(cut.utf8)
    }
}
