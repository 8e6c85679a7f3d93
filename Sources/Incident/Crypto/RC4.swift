/// The stream cipher RC4 (RFC 6229 has its vectors): what Windows proves an invitation's password with, and nothing else here.
///
/// OpenSSL has it in a provider that many systems do not install any more.
struct RC4 {
    private var state: [UInt8]
    private var i: UInt8 = 0
    private var j: UInt8 = 0

    /// - Parameter key: 1 to 256 bytes.
    init(key: [UInt8]) {
        precondition((1...256).contains(key.count), "an RC4 key has 1 to 256 bytes")
        state = Array(0...255)
        var j: UInt8 = 0
        for index in 0..<256 {
            j = j &+ state[index] &+ key[index % key.count]
            state.swapAt(index, Int(j))
        }
    }

    mutating func encrypt(_ bytes: [UInt8]) -> [UInt8] {
        bytes.map { byte in
            i &+= 1
            j &+= state[Int(i)]
            state.swapAt(Int(i), Int(j))
            return byte ^ state[Int(state[Int(i)] &+ state[Int(j)])]
        }
    }
}
