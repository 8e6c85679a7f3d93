import TestSupport

// RFC 8489 appendix B: MESSAGE-INTEGRITY-SHA256 and USERHASH.

enum RFC8489 {
    static let username = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}"
    /// As the appendix has it behind its preparation.
    static let password = "TheMatrIX"
    static let realm = "example.org"
    static let nonce = "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA"

    /// B.1 as it is printed: a request with long-term authentication. Its length, 156, counts the header too, which
    /// §5 does not have it do, and its code was computed so.
    static let printed = hex(
        """
        0001009c 2112a442 78ad3433c6ad72c029da412e
        001e0020 4a3cf38fef6992bda952c67804 17da0f24819415569e60b205c46e41407f1704
        00150029 6f624d61744a6f733241414143662f2f3439396b39353464364f4c33346f4c394653547679363473 41000000
        0014000b 6578616d706c652e6f726700
        001c0020 e4686c8f0edeb59013e07090010a93efccbccc544c0a45d9f830aa6d6f735a01
        """)

    /// B.1 with the length that §5 wants, 136, and the code that belongs to it, by Python's hmac.
    static let request = [0x00, 0x01, 0x00, 0x88] + printed[4..<124]
        + hex("234112fbd4e27f983eb4032836f998216f5b23f8d927753fbc4f882bfbdf0dec")
}
