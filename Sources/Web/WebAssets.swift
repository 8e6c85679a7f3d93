/// A file that is served to a browser.
public struct WebAsset: Sendable {
    public let contentType: String
    public let body: [UInt8]

    init(_ contentType: String, _ body: [UInt8]) {
        self.contentType = contentType
        self.body = body
    }
}

/// The pages of the consoles, compiled into the program: there is nothing to install beside it.
public enum WebAssets {
    /// The helper's window, by path.
    public static let viewer: [String: WebAsset] = [
        "/index.html": WebAsset("text/html; charset=utf-8", PackageResources.index_html),
        "/viewer.css": WebAsset("text/css; charset=utf-8", PackageResources.viewer_css),
        "/viewer.js": script(PackageResources.viewer_js),
        "/connection.js": script(PackageResources.connection_js),
        "/frame.js": script(PackageResources.frame_js),
        "/keyboard.js": script(PackageResources.keyboard_js),
        "/keysyms.js": script(PackageResources.keysyms_js),
        "/pointer.js": script(PackageResources.pointer_js),
        "/questions.js": script(PackageResources.questions_js),
        "/screen.js": script(PackageResources.screen_js),
        "/sentences.js": script(PackageResources.sentences_js),
    ]

    private static func script(_ body: [UInt8]) -> WebAsset { WebAsset("text/javascript; charset=utf-8", body) }
}
