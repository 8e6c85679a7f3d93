/// A set of address blocks, of both families, that is asked with one look-up for each length of prefix in it, however many
/// blocks there are.
public struct CIDRSet: Hashable, Sendable {
    private let blocks: Set<CIDRBlock>
    /// The prefix lengths that occur, by family.
    private let lengthsV4: [Int]
    private let lengthsV6: [Int]

    public init(_ blocks: some Sequence<CIDRBlock> = []) {
        let blocks = Set(blocks)
        func lengths(_ family: IPAddress.Family) -> [Int] {
            Set(blocks.lazy.filter { $0.base.family == family }.map(\.prefixLength)).sorted()
        }
        self.blocks = blocks
        lengthsV4 = lengths(.ipv4)
        lengthsV6 = lengths(.ipv6)
    }

    public var isEmpty: Bool { blocks.isEmpty }
    public var count: Int { blocks.count }

    /// Whether any of the blocks has this address, as it is written: a mapped IPv4 address is one of IPv6 here.
    public func contains(_ address: IPAddress) -> Bool {
        for length in address.family == .ipv4 ? lengthsV4 : lengthsV6 {
            if let block = CIDRBlock(containing: address, prefixLength: length), blocks.contains(block) { return true }
        }
        return false
    }
}
