/// Why a desktop cannot be shown or controlled, in words for the person in front of it.
public enum DisplayError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Neither `--display` nor `$DISPLAY` names one.
    case noDisplay
    /// A Wayland session that offers no X display.
    case waylandOnly
    /// Nobody answers there, or access was refused.
    case cannotConnect(display: String)
    /// The X server lacks an extension that nothing can stand in for.
    case missingExtension(String)
    /// Only 24- and 32-bit true color screens are read.
    case unsupportedPixels(depth: Int, bitsPerPixel: Int)
    /// The X server went away.
    case displayLost
    /// The X server refused to hand out its picture; `code` is the X error.
    case captureRefused(code: UInt8)
    /// Every keycode has a meaning, so there is none to borrow for a character that no key gives.
    case noSpareKey

    public var description: String {
        switch self {
        case .noDisplay:
            "There is no desktop to share here. Start this program inside the desktop, or name its display: --display :0."
        case .waylandOnly:
            "This desktop runs on Wayland, which is not supported yet. Log out, choose an X11 (Xorg) session on the login "
                + "screen, and start again."
        case .cannotConnect(let display):
            "The desktop \(display) cannot be reached. Check the name given to --display, and that this user may use it."
        case .missingExtension(let name):
            "The X server of this desktop lacks the extension \(name), without which the screen cannot be shared. "
                + "Use a current X.Org server."
        case .unsupportedPixels(let depth, let bitsPerPixel):
            "This desktop has \(depth) bits of color in \(bitsPerPixel) bits a pixel. Set its color depth to 24 bits."
        case .displayLost:
            "The desktop has gone away: its X server closed the connection."
        case .captureRefused(let code):
            "The X server refused to show its screen (X error \(code)). Start this program inside the desktop's session."
        case .noSpareKey:
            "This keyboard has no key for one of the characters, and none to spare for it."
        }
    }
}
