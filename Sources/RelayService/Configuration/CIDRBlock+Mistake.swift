import NetPrimitives

extension CIDRBlock {
    /// What is wrong with a text that is no block, and what to write instead where that can be told.
    @Sendable static func mistake(_ text: String) -> String {
        let usual = "“\(text)” is not a block of addresses such as 10.0.0.0/8."
        if text.contains("-") { return usual + " A range becomes one block or several." }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]),
            let block = CIDRBlock(containing: address, prefixLength: length)
        else { return usual }
        return "“\(text)” begins inside a block: write \(block)."
    }
}
