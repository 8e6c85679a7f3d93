import NetPrimitives
import PortMapping

/// Octets from hexadecimal digits; blanks and what follows `;` on a line are for the reader.
func bytes(_ text: String) -> [UInt8] {
    let digits = text.split(separator: "\n").flatMap { $0.prefix { $0 != ";" }.filter { !$0.isWhitespace } }
    return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0..<min($0 + 2, digits.count)]), radix: 16) }
}

let nonce = PCPNonce(bytes: Array(1...12))
let nonceText = "01 02 03 04 05 06 07 08 09 0a 0b 0c"

/// A response to MAP of UDP port 5000, of 192.168.1.10 unless said otherwise.
func mapResponse(
    result: UInt8 = 0, lifetime: UInt32 = 600, epoch: UInt32 = 100, nonce: String = nonceText, transport: String = "11",
    internalPort: String = "1388", externalPort: String = "1770", external: String = "0b 16 21 15"
) -> [UInt8] {
    bytes("02 81 00") + [result] + words(lifetime) + words(epoch) + bytes("00000000 00000000 00000000")
        + bytes(nonce + transport + "000000" + internalPort + externalPort)
        + bytes("00000000 00000000 0000ffff" + external)
}

/// A response to PEER of the same port, towards port 3478 of `remote`.
func peerResponse(to remote: String) -> [UInt8] {
    var response = mapResponse() + bytes("0d96 0000 00000000 00000000 0000ffff" + remote)
    response[1] = 0x82
    return response
}

func announceResponse(epoch: UInt32, result: UInt8 = 0) -> [UInt8] {
    bytes("02 80 00") + [result] + words(0) + words(epoch) + bytes("00000000 00000000 00000000")
}

private func words(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
