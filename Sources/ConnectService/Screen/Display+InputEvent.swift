import Desktop
import Session

extension Display {
    /// Does what the helper's pointer or keyboard did.
    func perform(_ event: InputEvent) throws(DisplayError) {
        switch event {
        case .move(let x, let y):
            try move(x: Int(x), y: Int(y))
        case .button(let button, let down):
            if let button = Desktop.PointerButton(rawValue: button.number) { try self.button(button, down: down) }
        case .scroll(let dx, let dy):
            try turn(dx < 0 ? .scrollLeft : .scrollRight, notches: Int(dx.magnitude))
            try turn(dy < 0 ? .scrollUp : .scrollDown, notches: Int(dy.magnitude))
        case .key(let keysym, let down):
            try key(Desktop.Keysym(rawValue: keysym.rawValue), down: down)
        case .text(let text):
            try type(text)
        }
    }

    /// The wheel is buttons, one press a notch.
    private func turn(_ button: Desktop.PointerButton, notches: Int) throws(DisplayError) {
        for _ in 0..<notches {
            try self.button(button, down: true)
            try self.button(button, down: false)
        }
    }
}
