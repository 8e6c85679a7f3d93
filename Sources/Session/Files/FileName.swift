/// The name of a file that somebody else has chosen, made harmless: one that every system can keep, that hides nothing from
/// who reads it, and that leads nowhere but into the folder it is put in.
public struct FileName: Hashable, Sendable {
    public let text: String

    /// Less than the 255 bytes of common file systems, so that a number and the name of an unfinished file fit as well.
    public static let maximumBytes = 200

    public init(_ name: String) {
        let last = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
        let visible = String(String.UnicodeScalarView(last.printable.unicodeScalars.filter { !Self.isHidden($0) }))
            .map { character in "<>:\"|?*".contains(character) ? "_" : character }
        // Neither hidden nor with an end that Windows drops.
        let trimmed = Self.cut(String(visible), toBytes: Self.maximumBytes).drop { $0 == "." || $0 == " " }
        let fitting = String(trimmed.reversed().drop { $0 == "." || $0 == " " }.reversed())
        text = fitting.isEmpty ? "file" : Self.isReserved(fitting) ? "_" + fitting : fitting
    }

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
