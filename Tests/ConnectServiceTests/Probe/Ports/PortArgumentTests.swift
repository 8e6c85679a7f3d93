import ConnectService
import NetPrimitives
import Testing

@Suite("The ports of a command line")
struct PortArgumentTests {
    @Test(
        "a port, with a transport or without",
        arguments: [
            ("3389", PortArgument(port: 3389)),
            ("1", PortArgument(port: 1)),
            ("65535/tcp", PortArgument(port: 65535, transport: .tcp)),
            ("1863/UDP", PortArgument(port: 1863, transport: .udp)),
        ])
    func read(_ text: String, _ expected: PortArgument) {
        #expect(PortArgument(text) == expected)
    }

    @Test(
        "what is no port is refused",
        arguments: ["", "0", "65536", "-1", "+1", "1.5", "3389/", "3389/sctp", "3389/tcp/udp", "/tcp", " 80", "８０"])
    func refused(_ text: String) {
        #expect(PortArgument(text) == nil)
    }

    @Test("without a transport TCP decides and UDP is shown; twice the same is asked once")
    func questions() {
        let questions = PortArgument.questions(of: [
            PortArgument(port: 3389), PortArgument(port: 1863, transport: .tcp), PortArgument(port: 3389),
            PortArgument(port: 3389, transport: .udp), PortArgument(port: 5), PortArgument(port: 5, transport: .tcp),
        ])
        #expect(
            questions.map { "\($0.target) \($0.decides)" } == [
                "3389/tcp true", "3389/udp true", "1863/tcp true", "5/tcp true", "5/udp false",
            ])
    }
}
