/// What libFuzzer calls with every input. Each target has a `fuzz` of its own.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzz(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// Ends the run where something is not as it must be; libFuzzer then keeps the input.
func expect(_ condition: Bool, _ otherwise: @autoclosure () -> String) {
    if !condition { fatalError(otherwise()) }
}

/// An input that is taken as one small number after the other; behind its end all are the lowest.
struct Input {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// One byte of input, or two where one cannot say it.
    mutating func number(_ range: ClosedRange<Int>) -> Int {
        let number = range.count > 256 ? Int(byte()) << 8 | Int(byte()) : Int(byte())
        return range.lowerBound + number % range.count
    }

    /// The next bytes; fewer where the input ends.
    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}
