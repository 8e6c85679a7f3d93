internal import NetPrimitives

/// What `ra-connect` says to the viewer page: one JSON object in one text message of its WebSocket. The screen comes in
/// binary messages, one frame each, as they came over the "screen" data channel.
public enum ViewerUpdate: Hashable, Sendable {
    /// Everything the page shows outside the picture; sent at first and whenever something in it changed.
    case state(State)
    case chat(from: String, text: String)
    /// What has happened, for the person to read.
    case note(String)
    /// Of the shared picture, in pixels; before the first frame and when it changes.
    case size(width: Int, height: Int)
    /// The last message.
    case ended(EndReason, sentence: String)

    public struct State: Hashable, Sendable {
        public var isConnected: Bool
        /// What the sharer is called.
        public var sharer: String
        public var fingerprint: String
        public var status: SessionStatus
        /// Nil while there is none.
        public var path: PathDescription?
        /// What waits for the person's answer.
        public var questions: [Question]

        public init(
            isConnected: Bool, sharer: String, fingerprint: String, status: SessionStatus, path: PathDescription?,
            questions: [Question] = []
        ) {
            self.isConnected = isConnected
            self.sharer = sharer
            self.fingerprint = fingerprint
            self.status = status
            self.path = path
            self.questions = questions
        }
    }

    public struct Question: Hashable, Sendable {
        public var id: UInt32
        public var text: String

        public init(id: UInt32, text: String) {
            self.id = id
            self.text = text
        }
    }

    public var json: String { object.text }

    private var object: OrderedJSON {
        switch self {
        case .state(let state):
            .object([
                "type": .string("state"), "connected": .boolean(state.isConnected), "sharer": .string(state.sharer),
                "fingerprint": .string(state.fingerprint), "view": .string(state.status.view.rawValue),
                "control": .string(state.status.control.rawValue), "paused": .boolean(state.status.isPaused),
                "path": state.path?.json ?? .null,
                "questions": .array(state.questions.map { .object(["id": .number($0.id), "text": .string($0.text)]) }),
            ])
        case .note(let text): .object(["type": .string("note"), "text": .string(text)])
        case .chat(let from, let text):
            .object(["type": .string("chat"), "from": .string(from), "text": .string(text)])
        case .size(let width, let height):
            .object(["type": .string("size"), "width": .number(width), "height": .number(height)])
        case .ended(let reason, let sentence):
            .object(["type": .string("ended"), "reason": .string(reason.rawValue), "sentence": .string(sentence)])
        }
    }
}
