/// A moment on the wall clock: whole seconds since 1970-01-01T00:00:00Z, in text as RFC 3339 writes it.
public struct UnixTime: Hashable, Comparable, Sendable {
    public var seconds: UInt64

    public init(seconds: UInt64) { self.seconds = seconds }

    public static func < (left: UnixTime, right: UnixTime) -> Bool { left.seconds < right.seconds }

    /// Later by `seconds`; stays within what RFC 3339 can write.
    public func advanced(bySeconds seconds: Int) -> UnixTime {
        let (sum, overflow) = self.seconds.addingReportingOverflow(UInt64(max(0, seconds)))
        return UnixTime(seconds: overflow ? Self.last.seconds : min(sum, Self.last.seconds))
    }

    /// 9999-12-31T23:59:59Z: RFC 3339 has four digits for the year.
    public static let last = UnixTime(seconds: 253_402_300_799)
}

extension UnixTime: LosslessStringConvertible {
    /// Reads `2026-11-21T08:30:00Z`, with an offset instead of the `Z`, or with a fraction that is dropped
    /// (RFC 3339 §5.6); nil for anything else and for moments before 1970.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 40, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] | 0x20 == UInt8(ascii: "t"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = Self.number(bytes[0..<4]), year >= 1970, let month = Self.number(bytes[5..<7]),
            (1...12).contains(month), let day = Self.number(bytes[8..<10]),
            (1...Self.dayCount(year: year, month: month)).contains(day), let hour = Self.number(bytes[11..<13]),
            hour < 24, let minute = Self.number(bytes[14..<16]), minute < 60,
            let second = Self.number(bytes[17..<19]), second <= 60
        else { return nil }
        var rest = bytes[19...]
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            guard !fraction.isEmpty else { return nil }
            rest = rest[fraction.endIndex...]
        }
        guard let offset = Self.offset(Array(rest)) else { return nil }
        let total =
            Self.days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60
            + min(second, 59) - offset
        guard total >= 0, total <= Int(Self.last.seconds) else { return nil }
        seconds = UInt64(total)
    }

    public var description: String {
        let clamped = Int(min(seconds, Self.last.seconds))
        let (year, month, day) = Self.date(days: clamped / 86_400)
        let time = clamped % 86_400
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
            + "T\(Self.padded(time / 3600, 2)):\(Self.padded(time / 60 % 60, 2)):\(Self.padded(time % 60, 2))Z"
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// Seconds east of Greenwich.
    private static func offset(_ text: [UInt8]) -> Int? {
        if text.count == 1, text[0] | 0x20 == UInt8(ascii: "z") { return 0 }
        guard text.count == 6, text[3] == UInt8(ascii: ":"), let hours = number(text[1..<3]), hours < 24,
            let minutes = number(text[4..<6]), minutes < 60
        else { return nil }
        switch text[0] {
        case UInt8(ascii: "+"): return hours * 3600 + minutes * 60
        case UInt8(ascii: "-"): return -(hours * 3600 + minutes * 60)
        default: return nil
        }
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func dayCount(year: Int, month: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 of a date from 1970 on, in the proleptic Gregorian calendar.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let before = year - 1
        let leaps = before / 4 - before / 100 + before / 400 - 477  // 477 leap years before 1970
        return (year - 1970) * 365 + leaps + (1..<month).reduce(0) { $0 + dayCount(year: year, month: $1) } + day - 1
    }

    private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        var year = 1970 + days / 366  // never too late; a few steps at most are missing
        while Self.days(year: year + 1, month: 1, day: 1) <= days { year += 1 }
        var rest = days - Self.days(year: year, month: 1, day: 1)
        var month = 1
        while rest >= dayCount(year: year, month: month) {
            rest -= dayCount(year: year, month: month)
            month += 1
        }
        return (year, month, rest + 1)
    }
}
