public import NIOHTTP1

/// A small answer to a GET: everything that our programs serve over HTTP is one.
public struct HTTPAnswer: Hashable, Sendable {
    public var status: HTTPResponseStatus
    public var contentType: String
    /// Further fields, by name.
    public var fields: [String: String]
    public var body: [UInt8]

    public init(
        _ status: HTTPResponseStatus, contentType: String = "text/plain; charset=utf-8",
        fields: [String: String] = [:], body: [UInt8]
    ) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        self.body = body
    }

    /// A sentence as plain text.
    public static func text(_ status: HTTPResponseStatus, _ text: String) -> HTTPAnswer {
        HTTPAnswer(status, body: Array((text + "\n").utf8))
    }
}
