extension Duration {
    /// Reads a time as people write it: `90s`, `30m`, `1h`, `2d`; nil for anything else, and beyond a hundred years.
    public init?(humanText text: String) {
        guard let unit = text.last, let factor = ["s": 1, "m": 60, "h": 3600, "d": 86_400][unit],
            let count = Int(text.dropLast()), (1...36_500).contains(count)
        else { return nil }
        self = .seconds(count * factor)
    }

    /// Whole seconds in the largest unit that has no remainder: `1h`, not `60m`.
    public var humanText: String {
        let seconds = components.seconds
        for (unit, factor) in [("d", 86_400), ("h", 3600), ("m", 60)] as [(String, Int64)]
        where seconds >= factor && seconds.isMultiple(of: factor) {
            return "\(seconds / factor)\(unit)"
        }
        return "\(seconds)s"
    }
}
