extension Display {
    /// Moves the pointer to a pixel of the screen; outside it, to the nearest one.
    public func move(x: Int, y: Int) throws(DisplayError) {
        pointer.move(x: x, y: y)
        try connection.flush()
    }

    public func button(_ button: PointerButton, down: Bool) throws(DisplayError) {
        pointer.button(button, down: down)
        try connection.flush()
    }

    /// Moves there, presses and lifts.
    public func click(x: Int, y: Int, _ button: PointerButton = .left) throws(DisplayError) {
        pointer.move(x: x, y: y)
        pointer.button(button, down: true)
        pointer.button(button, down: false)
        try connection.flush()
    }

    /// Presses or lifts the key that stands for a keysym, with the modifiers it needs to mean it.
    public func key(_ keysym: Keysym, down: Bool) throws(DisplayError) {
        try takeEvents()
        if down { try keyboard.press(keysym) } else { try keyboard.release(keysym) }
        try connection.flush()
    }

    /// Types any text: line breaks are Return and tabs are Tab; other control characters are left out.
    ///
    /// Characters without a key borrow one that means nothing, and `pollDamage()` gives it back when it was not used for
    /// two seconds. May wait a quarter of a second when there are more such characters than spare keys.
    public func type(_ text: String) throws(DisplayError) {
        try takeEvents()
        try keyboard.type(Keysym.typing(text))
        try connection.flush()
    }

    /// Lifts every key and button that is held down: control was revoked.
    public func releaseAll() throws(DisplayError) {
        keyboard.releaseAll()
        pointer.releaseAll()
        try connection.flush()
    }
}
