import Desktop
import Testing

@Suite struct DisplayNameTests {
    @Test("a given name wins over the environment")
    func given() throws {
        #expect(try DisplayName.resolve(":7", environment: { _ in ":1" }) == ":7")
        #expect(try DisplayName.resolve(nil, environment: { $0 == "DISPLAY" ? ":1" : nil }) == ":1")
    }

    @Test("an X display inside a Wayland session is used")
    func xwayland() throws {
        #expect(try DisplayName.resolve(nil, environment: { $0 == "DISPLAY" ? ":0" : "wayland-0" }) == ":0")
    }

    @Test("a Wayland session without X is refused, and the sentence says what to do")
    func wayland() {
        #expect(throws: DisplayError.waylandOnly) {
            try DisplayName.resolve(nil, environment: { $0 == "WAYLAND_DISPLAY" ? "wayland-0" : nil })
        }
        #expect(DisplayError.waylandOnly.description.contains("X11"))
    }

    @Test("without any display the sentence names the option", arguments: [nil, ""])
    func none(_ name: String?) {
        #expect(throws: DisplayError.noDisplay) { try DisplayName.resolve(name, environment: { _ in "" }) }
        #expect(DisplayError.noDisplay.description.contains("--display"))
    }

    @Test("a display where nobody answers cannot be reached", arguments: [":4999", "nonsense", "localhost:9.0"])
    func unreachable(_ name: String) {
        #expect(throws: DisplayError.cannotConnect(display: name)) { try Display.open(name) }
    }
}
