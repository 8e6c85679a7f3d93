/// The last symbol of a code: a weighted sum over GF(32).
///
/// The symbols are elements of GF(2⁵) with x⁵ + x² + 1, and α is a root of it, of order 31. Symbol i of
/// n has the weight α^(n−i), the check symbol has α⁰. The weights are all different and none is zero, so
/// one wrong symbol anywhere, and any two symbols swapped, neighbours or not, change the sum.
enum CheckSymbol {
    static func of(_ symbols: some Sequence<UInt8>) -> UInt8 {
        // Horner's rule: every step multiplies what is there by α.
        symbols.reduce(0) { timesAlpha($0 ^ ($1 & 31)) }
    }

    private static func timesAlpha(_ element: UInt8) -> UInt8 {
        let shifted = element << 1
        return shifted & 32 == 0 ? shifted : shifted ^ 0b100101
    }
}
