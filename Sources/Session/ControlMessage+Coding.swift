internal import NetPrimitives

extension ControlMessage {
    private enum Code: UInt8 {
        case request = 1, granted, denied, revoked, release, paused, resumed, chat, input, keyFrame, acknowledge, end, rules, ask, withdrawn
    }

    private enum InputCode: UInt8 {
        case move = 1, button, scroll, key, text
    }

    /// Reads one message; nil for a type, capability or kind of input that only a later version knows.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> ControlMessage? {
        guard bytes.count <= maximumBytes else { throw .tooLong }
        var reader = FieldReader(bytes)
        guard let code = Code(rawValue: try reader.byte()) else { return nil }
        switch code {
        case .request:
            let id = try reader.number()
            guard let kind = Capability(wireCode: try reader.byte()) else { return nil }
            return .request(id: id, kind, detail: try reader.text(atMost: maximumDetailBytes))
        case .granted:
            let id = try reader.number()
            guard let kind = Capability(wireCode: try reader.byte()) else { return nil }
            return .granted(id: id, kind)
        case .denied:
            let id = try reader.number()
            guard let kind = Capability(wireCode: try reader.byte()) else { return nil }
            return .denied(id: id, kind, by: Decider(wireCode: try reader.byte()))
        case .revoked:
            guard let kind = Capability(wireCode: try reader.byte()) else { return nil }
            return .revoked(kind, by: Decider(wireCode: try reader.byte()))
        case .release:
            guard let kind = Capability(wireCode: try reader.byte()) else { return nil }
            return .release(kind)
        case .paused: return .paused
        case .resumed: return .resumed
        case .chat:
            let text = try reader.text(atMost: maximumChatBytes)
            guard !text.isEmpty else { throw .outOfRange }
            return .chat(text)
        case .input:
            guard let event = try decodeInput(&reader) else { return nil }
            return .input(event)
        case .keyFrame: return .keyFrame
        case .acknowledge: return .acknowledge(frame: try reader.number())
        case .rules: return .rules(try decodeRules(&reader))
        case .ask:
            let id = try reader.number()
            guard let kind = Capability(wireCode: try reader.byte()) else { return nil }
            return .ask(id: id, try decodeSubject(kind, &reader))
        case .withdrawn:
            let id = try reader.number()
            guard let kind = Capability(wireCode: try reader.byte()) else { return nil }
            return .withdrawn(id: id, kind)
        case .end:
            return .end(EndReason(wireCode: try reader.byte()), detail: try reader.text(atMost: maximumDetailBytes))
        }
    }

    private static func decodeInput(_ reader: inout FieldReader) throws(Malformed) -> InputEvent? {
        guard let code = InputCode(rawValue: try reader.byte()) else { return nil }
        switch code {
        case .move: return .move(x: try reader.short(), y: try reader.short())
        case .button:
            guard let button = PointerButton(try reader.byte()) else { throw .outOfRange }
            return .button(button, down: try reader.flag())
        case .scroll:
            return .scroll(dx: Int8(bitPattern: try reader.byte()), dy: Int8(bitPattern: try reader.byte()))
        case .key:
            guard let keysym = Keysym(rawValue: try reader.number()) else { throw .outOfRange }
            return .key(keysym, down: try reader.flag())
        case .text:
            let text = try reader.text(atMost: InputEvent.maximumTextBytes)
            guard InputEvent.isTypeable(text) else { throw .outOfRange }
            return .text(text)
        }
    }

    /// The message's bytes. Strings beyond their bound are cut at a character.
    public func encoded() -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 16)
        func begin(_ code: Code) { writer.write(code.rawValue) }
        switch self {
        case .request(let id, let kind, let detail):
            begin(.request)
            writer.write(id)
            writer.write(kind.wireCode)
            writer.write(text: detail, atMost: Self.maximumDetailBytes)
        case .granted(let id, let kind):
            begin(.granted)
            writer.write(id)
            writer.write(kind.wireCode)
        case .denied(let id, let kind, let decider):
            begin(.denied)
            writer.write(id)
            writer.write(kind.wireCode)
            writer.write(decider.wireCode)
        case .revoked(let kind, let decider):
            begin(.revoked)
            writer.write(kind.wireCode)
            writer.write(decider.wireCode)
        case .release(let kind):
            begin(.release)
            writer.write(kind.wireCode)
        case .paused: begin(.paused)
        case .resumed: begin(.resumed)
        case .chat(let text):
            begin(.chat)
            writer.write(text: text, atMost: Self.maximumChatBytes)
        case .input(let event):
            begin(.input)
            Self.encode(event, into: &writer)
        case .keyFrame: begin(.keyFrame)
        case .acknowledge(let frame):
            begin(.acknowledge)
            writer.write(frame)
        case .end(let reason, let detail):
            begin(.end)
            writer.write(reason.wireCode)
            writer.write(text: detail, atMost: Self.maximumDetailBytes)
        case .rules(let rules):
            begin(.rules)
            Self.encode(rules, into: &writer)
        case .ask(let id, let subject):
            begin(.ask)
            writer.write(id)
            writer.write(subject.kind.wireCode)
            Self.encode(subject, into: &writer)
        case .withdrawn(let id, let kind):
            begin(.withdrawn)
            writer.write(id)
            writer.write(kind.wireCode)
        }
        return writer.bytes
    }

    private static func encode(_ event: InputEvent, into writer: inout ByteWriter) {
        switch event {
        case .move(let x, let y):
            writer.write(InputCode.move.rawValue)
            writer.write(x)
            writer.write(y)
        case .button(let button, let down):
            writer.write(InputCode.button.rawValue)
            writer.write(button.number)
            writer.write(UInt8(down ? 1 : 0))
        case .scroll(let dx, let dy):
            writer.write(InputCode.scroll.rawValue)
            writer.write(UInt8(bitPattern: dx))
            writer.write(UInt8(bitPattern: dy))
        case .key(let keysym, let down):
            writer.write(InputCode.key.rawValue)
            writer.write(keysym.rawValue)
            writer.write(UInt8(down ? 1 : 0))
        case .text(let text):
            writer.write(InputCode.text.rawValue)
            writer.write(text: text, atMost: InputEvent.maximumTextBytes)
        }
    }
}
