internal import NetPrimitives

/// Puts together what the other side has copied, and holds no more of it than the bound.
public struct ClipboardReceiver: Sendable {
    /// The other side does not keep to what `ClipboardWire` says.
    public enum Malformed: Error, Hashable, Sendable {
        case truncated
        case unknownKind
        /// Empty, or beyond the bound.
        case badLength
        /// More than was announced.
        case tooMuch
        case notUTF8
    }

    private var text: [UInt8] = []
    /// What is still to come.
    private var missing = 0

    public init() {}

    /// Takes a message; returns a text that is complete with it.
    public mutating func receive(_ message: [UInt8]) throws(Malformed) -> String? {
        var reader = ByteReader(message)
        let piece: ArraySlice<UInt8>
        do {
            switch try reader.readUInt8() {
            case ClipboardWire.first:
                let length = Int(try reader.readUInt32())
                guard (1...ClipboardWire.maximumText).contains(length) else { throw Malformed.badLength }
                (text, missing) = ([], length)
            case ClipboardWire.further: break
            default: throw Malformed.unknownKind
            }
            piece = reader.readRest()
        } catch let error as Malformed {
            throw error
        } catch {
            throw .truncated
        }
        guard piece.count <= missing else { throw .tooMuch }
        text += piece
        missing -= piece.count
        guard missing == 0, !text.isEmpty else { return nil }
        defer { text = [] }
        guard let text = String(validating: text, as: UTF8.self) else { throw .notUTF8 }
        return text
    }
}
