@testable import ConnectService
import Testing

@Suite("The port of the door")
struct DoorPortTests {
    @Test("443 and what needs no privilege", arguments: ["443", "1024", "3389", "65535"])
    func allowed(_ text: String) { #expect(DoorPort(text) == UInt16(text).map { .named($0) }) }

    @Test("nothing else", arguments: ["", "0", "22", "80", "1023", "65536", "-1", "+443", "３３８９", "3389/tcp", " 3389", "999999999999999999999"])
    func refused(_ text: String) { #expect(DoorPort(text) == nil) }

    @Test("an error says what to do")
    func errors() {
        #expect(DoorError(port: 3389, why: .inUse).description.contains("--door 3390"))
        #expect(DoorError(port: 443, why: .notPermitted).description.contains("from 1024 on"))
    }
}
