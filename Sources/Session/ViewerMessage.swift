internal import Foundation

/// What the viewer page says to `ra-connect`: one JSON object in one text message of its WebSocket.
public enum ViewerMessage: Hashable, Sendable {
    /// The first message, and the only one until it was right: `{"type":"hello","token":"…"}`.
    case hello(token: String)
    case requestControl
    /// Gives control back, or takes the request for it back.
    case release
    /// To the question with this number.
    case answer(UInt32, yes: Bool)
    case say(String)
    case stop
    case keyFrame
    /// The frame with this number is on the canvas.
    case shown(frame: UInt32)
    case input([InputEvent])

    /// More than the longest chat line, every character of it escaped.
    public static let maximumBytes = 32 * 1024

    /// Why a text is not a message. The page is ours, so whoever sends such a thing is not the page: close.
    public enum Malformed: Error, Hashable, Sendable {
        case tooLong
        case notJSON
        case unknownType
        case missingField
        case outOfRange
    }

    public init(json text: some Collection<UInt8>) throws(Malformed) {
        guard text.count <= Self.maximumBytes else { throw .tooLong }
        let fields: Fields
        do { fields = try JSONDecoder().decode(Fields.self, from: Data(text)) } catch { throw .notJSON }
        self = try fields.message()
    }

    public init(json text: String) throws(Malformed) { try self.init(json: Array(text.utf8)) }

    /// What the person's click means to the machine; nil for `hello`, which is for the server alone.
    public var commands: [SessionCommand]? {
        switch self {
        case .hello: nil
        case .requestControl: [.request(.control)]
        case .release: [.release(.control)]
        case .answer(let id, let yes): [yes ? .yes(id) : .no(id)]
        case .say(let text): [.say(text)]
        case .stop: [.stop]
        case .keyFrame: [.requestKeyFrame]
        case .shown(let frame): [.acknowledge(frame: frame)]
        case .input(let events): events.map { .input($0) }
        }
    }
}

extension ViewerMessage {
    /// Every field any message has; which must be there depends on `type`.
    private struct Fields: Decodable {
        var type: String
        var token: String?
        var text: String?
        var id: UInt32?
        var yes: Bool?
        var frame: UInt32?
        var x: Int?
        var y: Int?
        var dx: Int?
        var dy: Int?
        var button: Int?
        var keysym: UInt32?
        var down: Bool?

        func message() throws(Malformed) -> ViewerMessage {
            switch type {
            case "hello": return .hello(token: try required(token))
            case "request-control": return .requestControl
            case "release": return .release
            case "answer": return .answer(try required(id), yes: try required(yes))
            case "say":
                let text = try required(text)
                guard (1...ControlMessage.maximumChatBytes).contains(text.utf8.count) else { throw .outOfRange }
                return .say(text)
            case "stop": return .stop
            case "key-frame": return .keyFrame
            case "shown": return .shown(frame: try required(frame))
            case "move": return .input([try move()])
            case "button":
                guard let button = PointerButton(try required(button)) else { throw .outOfRange }
                return .input([try move(), .button(button, down: try required(down))])
            case "scroll":
                guard let dx = Int8(exactly: try required(dx)), let dy = Int8(exactly: try required(dy)) else {
                    throw .outOfRange
                }
                return .input([.scroll(dx: dx, dy: dy)])
            case "key":
                guard let keysym = Keysym(rawValue: try required(keysym)) else { throw .outOfRange }
                return .input([.key(keysym, down: try required(down))])
            default: throw .unknownType
            }
        }

        private func move() throws(Malformed) -> InputEvent {
            guard let x = UInt16(exactly: try required(x)), let y = UInt16(exactly: try required(y)) else {
                throw .outOfRange
            }
            return .move(x: x, y: y)
        }

        private func required<Value>(_ value: Value?) throws(Malformed) -> Value {
            guard let value else { throw .missingField }
            return value
        }
    }
}
