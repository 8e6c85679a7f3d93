// The four messages of RFC 5769 §2, "Test Vectors for Session Traversal Utilities for NAT (STUN)".

enum RFC5769 {
    static let shortTermPassword = "VOkJxbRl1RmTxUk/WvJxBt"
    /// §2.4's password after preparation.
    static let longTermPassword = "TheMatrIX"

    /// §2.1
    static let request = bytes(
        """
        000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74
        002400046e0001ff80290008932ff9b151263b36000600096576746a3a683676592020200008
        00149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf
        """)

    /// §2.2
    static let responseIPv4 = bytes(
        """
        0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220
        002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7
        80280004c07d4c96
        """)

    /// §2.3
    static let responseIPv6 = bytes(
        """
        010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220
        002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf1
        1784c97c8292c275bfe3ed4180280004c8fb0b4c
        """)

    /// §2.4
    static let longTermRequest = bytes(
        """
        000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aae38383e382af
        e382b900000015001c662f2f3439396b39353464364f4c33346f4c3946535476793634734100
        14000b6578616d706c652e6f7267000008 0014f67024656dd64a3e02b8e0712e85c9a28ca89666
        """)

    static let all = [request, responseIPv4, responseIPv6, longTermRequest]
}

/// Hexadecimal digits to bytes; white space means nothing.
func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}
