/// Where seeds come from: the names of a run make its seed, so that each run can be repeated alone.
enum Seeds {
    /// FNV-1a over the names.
    static func seed(_ names: Any...) -> UInt64 {
        names.map { "\($0)" }.joined(separator: "/").utf8.reduce(0xCBF2_9CE4_8422_2325) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
    }
}
