// draft-irtf-cfrg-cpace, appendix "Test vector for CPace using group ristretto255 and hash SHA-512" and the
// string utilities before it, as published in github.com/cfrg/draft-irtf-cfrg-cpace at commit 8fb4056.

enum CPaceDraftVectors {
    /// `PRS`
    static let password = hex(
        "50617373776f7264")
    /// `CI`
    static let channel = hex(
        "0b415f696e69746961746f720b425f726573706f6e646572")
    /// `sid`
    static let session = hex(
        "7e4b4791d6a8ef019b936c79fb7f2c57")
    static let generatorString = hex(
        "11435061636552697374726574746f3235350850617373776f7264640000000000000000000000000000000000000000"
            + "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
            + "0000000000000000000000000000000000000000000000000000000000000000180b415f696e69746961746f720b425f"
            + "726573706f6e646572107e4b4791d6a8ef019b936c79fb7f2c57")
    static let generator = hex(
        "222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56")
    static let scalarA = hex(
        "da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08")
    static let associatedDataA = hex(
        "414461")
    static let shareA = hex(
        "d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157")
    static let scalarB = hex(
        "d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d")
    static let associatedDataB = hex(
        "414462")
    static let shareB = hex(
        "3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258")
    /// `K`
    static let secretPoint = hex(
        "80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f")
    static let sessionKeyInitiatorResponder = hex(
        "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd2b38950a39dfd5d4a79164614c2984f7"
            + "daa460b588c1e80c3fa2068af7900447")
    static let sessionKeySymmetric = hex(
        "544199d71f62f8d9a1fee55727e24fe4a45844593c2b6013c4fa3969d0e5debb2244675c0b43397cbb68d342b01fc0f9"
            + "8fc961469a25134de9f0f813c1a57476")
    static let validScalar = hex(
        "7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05")
    static let validPoint = hex(
        "2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c")
    static let validProduct = hex(
        "7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e")
    /// Inputs for which `scalar_mult_vfy` must answer the identity: no encoding, and the identity itself.
    static let invalidPoints = [
        hex("2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c"),
        hex("0000000000000000000000000000000000000000000000000000000000000000"),
    ]

    /// `prepend_len` of the first bytes of 00 01 02 …, by their count.
    static let prependedLengths: [(count: Int, prefix: [UInt8])] = [
        (0, hex("00")), (127, hex("7f")), (128, hex("8001")),
    ]
    /// `lv_cat(b"1234", b"5", b"", b"678")`
    static let lvCat = hex("043132333401350003363738")
    /// `transcript_ir` and `transcript_oc` of (b"123", b"PartyA"), (b"234", b"PartyB")
    static let transcriptInOrder = hex("03313233065061727479410332333406506172747942")
    static let transcriptUnordered = hex("6f6303323334065061727479420331323306506172747941")
    /// The same of (b"3456", b"PartyA"), (b"2345", b"PartyB")
    static let secondTranscriptInOrder = hex("043334353606506172747941043233343506506172747942")
    static let secondTranscriptUnordered = hex("6f63043334353606506172747941043233343506506172747942")
}

/// The bytes that pairs of hexadecimal digits spell.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
