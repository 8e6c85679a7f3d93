@testable import DTLS
import Testing

struct HandshakeAllowanceTests {
    private func record(type: UInt8 = 22, epoch: UInt8 = 0, _ content: [UInt8]) -> [UInt8] {
        [type, 254, 253, 0, epoch, 0, 0, 0, 0, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
    }

    /// A fragment of one byte.
    private func fragment(of length: Int) -> [UInt8] {
        [16, UInt8(length >> 16), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), 0, 2, 0, 0, 0, 0, 0, 1, 7]
    }

    /// Which of some datagrams pass, one after the other.
    private func passing(_ datagrams: [[UInt8]]) -> [Bool] {
        var allowance = HandshakeAllowance()
        return datagrams.map { allowance.admits($0) }
    }

    @Test("a fragment of a message that is too long does not pass, wherever it stands", arguments: [
        (4096, true), (4097, false), (0xFF_FFFF, false),
    ])
    func lengths(length: Int, passes: Bool) {
        let (short, bad) = (fragment(of: 100), fragment(of: length))
        let datagrams = [record(bad), record(short + bad), record(short) + record(bad), record(type: 20, [1]) + record(bad)]
        #expect(passing(datagrams) == datagrams.map { _ in passes })
        // Nobody reads what is encrypted, or no handshake, that way.
        #expect(passing([record(epoch: 1, bad), record(type: 23, bad)]) == [true, true])
    }

    @Test("encrypted records of the handshake pass sixteen times, data always")
    func encrypted() {
        let (one, two) = (record(epoch: 1, [1]), record(epoch: 1, [1]) + record(epoch: 2, [1]))
        let data = record(type: 23, epoch: 1, [1])
        #expect(
            passing([two, two, two, two, two, two, two, two, one, data, record(fragment(of: 100)), one])
                == [true, true, true, true, true, true, true, true, false, true, true, false])
    }

    @Test("after a time-out of the handshake they pass again")
    func renewed() {
        var allowance = HandshakeAllowance()
        let finished = record(epoch: 1, [1])
        for _ in 0..<3 {
            #expect((0..<17).map { _ in allowance.admits(finished) } == Array(repeating: true, count: 16) + [false])
            allowance.renew()
        }
    }

    @Test("what is no whole record is left to OpenSSL")
    func malformed() {
        let whole = record(fragment(of: 100) + fragment(of: 100))
        let pieces = whole.indices.map { Array(whole.prefix($0)) } + [record([1, 2, 3]), [UInt8](repeating: 255, count: 40)]
        #expect(passing(pieces) == pieces.map { _ in true })
    }
}
