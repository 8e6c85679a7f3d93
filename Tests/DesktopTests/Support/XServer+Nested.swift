import Foundation

extension XServer {
    static let canNest = XServer.isInstalled && path(of: "Xephyr") != nil && path(of: "xdotool") != nil

    /// A server in a window of another one, at its top left corner: what is typed and clicked there comes to this one from devices
    /// that are not XTEST's, as a person's does.
    static func nested(in outer: XServer, width: Int = 800, height: Int = 600) throws -> XServer {
        try XServer(
            "Xephyr", ["-screen", "\(width)x\(height)", "-no-host-grab", "-resizeable"], environment: ["DISPLAY": outer.display])
    }

    /// A click of a person's, on the server that this one is nested in.
    func personClicks(x: Int, y: Int) throws {
        try run("xdotool", "mousemove", "\(x)", "\(y)", "click", "1")
    }
}
