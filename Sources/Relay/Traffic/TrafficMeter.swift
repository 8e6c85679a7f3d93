/// An allocation's meter, by its number in its machine's `TrafficMeters`.
public struct TrafficMeter: Hashable, Sendable, BitwiseCopyable {
    let number: UInt32

    /// Nobody's: whoever asks by it pays with everybody.
    static let none = TrafficMeter(number: 0)
}
