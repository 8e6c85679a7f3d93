/// The name of a file that somebody else has chosen, made harmless: one that every system can keep, that hides nothing from
/// who reads it, and that leads nowhere but into the folder it is put in.
public struct FileName: Hashable, Sendable {
    public let text: String

    /// Less than the 255 bytes of common file systems, so that a number and the name of an unfinished file fit as well.
    public static let maximumBytes = 200

    public init(_ name: String) {
        // By scalars: to a system a slash is one, whatever accent or joiner makes another character of it for people.
        let visible = name.printable.unicodeScalars.filter { !Self.isHidden($0) }
        let last = visible.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? []
        var safe = String.UnicodeScalarView()
        for scalar in last where !(Self.isBlank(scalar) && safe.last == " ") {
            safe.append(Self.isBlank(scalar) ? " " : Self.isMisleading(scalar) ? "_" : scalar)
        }
        let fitting = Self.trimmed(Self.cut(Self.trimmed(String(safe)), toBytes: Self.maximumBytes))
        text = fitting.isEmpty ? "file" : Self.isReserved(fitting) ? "_" + fitting : fitting
    }

    /// Without what makes a name hidden, and without an end that Windows drops.
    private static func trimmed(_ name: String) -> String {
        func isEdge(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == " " || scalar.properties.generalCategory == .nonspacingMark }
        let rest = name.unicodeScalars.drop(while: isEdge)
        let count = rest.reversed().drop { $0 == "." || $0 == " " }.count
        return String(rest.prefix(count))
    }

    /// What looks like nothing: many of them push the end of a name out of sight.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || [0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0].contains(scalar.value)
    }

    /// What some system does not allow, and quotation marks, which would end the name where a sentence quotes it.
    private static func isMisleading(_ scalar: Unicode.Scalar) -> Bool { "<>:\"|?*“”„‟«»".unicodeScalars.contains(scalar) }

    /// The name for the case that others are there already: `report (2).pdf`.
    public func numbered(_ number: Int) -> String {
        let (stem, ending) = Self.split(text)
        return "\(stem) (\(number))\(ending)"
    }

    /// Marks that are not seen, or change the look of what stands beside them.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .format, .control, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator: true
        default: scalar.value == 0x061C || scalar.value == 0x00AD
        }
    }

    /// Devices of Windows, whatever ending they have.
    private static func isReserved(_ name: String) -> Bool {
        let stem = (name.split(separator: ".").first ?? "").uppercased().filter { $0 != " " }
        if ["CON", "PRN", "AUX", "NUL"].contains(stem) { return true }
        guard stem.count == 4, let number = stem.last, stem.hasPrefix("COM") || stem.hasPrefix("LPT") else { return false }
        return "0123456789¹²³".contains(number)
    }

    /// With its ending, which says what the file is, as long as that is short.
    private static func cut(_ name: String, toBytes bound: Int) -> String {
        guard name.utf8.count > bound else { return name }
        let (stem, ending) = split(name)
        return stem.cut(toBytes: bound - ending.utf8.count) + ending
    }

    private static func split(_ name: String) -> (stem: String, ending: String) {
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return (name, "") }
        let ending = String(name[dot...])
        return ending.utf8.count <= 16 ? (String(name[..<dot]), ending) : (name, "")
    }
}
