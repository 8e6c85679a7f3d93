/// A pointer button by its X number: 1 left, 2 middle, 3 right, 4 to 7 the wheel, 8 back, 9 forward.
public struct PointerButton: Hashable, Sendable {
    public let number: UInt8

    /// Nil outside 1…9.
    public init?(_ number: some BinaryInteger) {
        guard (1...9).contains(number) else { return nil }
        self.number = UInt8(number)
    }

    private init(known number: UInt8) { self.number = number }

    public static let left = PointerButton(known: 1)
    public static let middle = PointerButton(known: 2)
    public static let right = PointerButton(known: 3)
}
