internal import CXCB

/// Moves the pointer and presses its buttons through XTEST, and knows which it holds down.
final class Pointer {
    private let connection: Connection
    private var held: Set<PointerButton> = []

    init(_ connection: Connection) { self.connection = connection }

    deinit {
        releaseAll()
        connection.synchronize()
    }

    /// The server keeps the pointer on the screen.
    func move(x: Int, y: Int) {
        xcb_test_fake_input(
            connection.raw, UInt8(XCB_MOTION_NOTIFY), 0, 0, connection.root, Int16(clamping: x), Int16(clamping: y), 0)
    }

    func button(_ button: PointerButton, down: Bool) {
        if down { held.insert(button) } else { held.remove(button) }
        let event = UInt8(down ? XCB_BUTTON_PRESS : XCB_BUTTON_RELEASE)
        xcb_test_fake_input(connection.raw, event, button.rawValue, 0, 0, 0, 0, 0)
    }

    func releaseAll() {
        for held in held { button(held, down: false) }
    }
}
