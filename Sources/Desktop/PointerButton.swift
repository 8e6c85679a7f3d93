/// The buttons of a pointer as X numbers them; turning the wheel is pressing one.
public enum PointerButton: UInt8, Hashable, Sendable, CaseIterable {
    case left = 1
    case middle
    case right
    case scrollUp
    case scrollDown
    case scrollLeft
    case scrollRight
    case back
    case forward
}
