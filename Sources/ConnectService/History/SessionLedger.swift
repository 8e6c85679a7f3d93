import Foundation
import Session

/// Counts and dates what one session allowed and moved: the part of its record that says what was consented to.
struct SessionLedger {
    private(set) var consents: [SessionRecord.Consent] = []
    private(set) var leftOut = 0
    private(set) var sent = SessionRecord.Sent()
    private(set) var received = SessionRecord.Received()
    private(set) var connections: [SessionRecord.Connections] = []

    mutating func note(_ event: SessionEvent, at time: Date) {
        switch event {
        case .request(_, let kind, _, _): add("asked", kind, nil, time)
        case .granted(let kind, let decider): add("granted", kind, decider, time)
        case .denied(let kind, let decider): add("denied", kind, decider, time)
        case .revoked(let kind, let decider): add("revoked", kind, decider, time)
        case .paused: add("paused", nil, nil, time)
        case .resumed: add("resumed", nil, nil, time)
        case .input: received.inputs += 1
        case .chat: received.messages += 1
        case .sideRequest(let request, _): add("asked", request.kind, nil, time, about: request)
        case .sideGranted(let request, let decider): add("granted", request.kind, decider, time, about: request)
        case .sideDenied(let request, let decider): add("denied", request.kind, decider, time, about: request)
        case .sideRevoked(let request, let decider): add("revoked", request.kind, decider, time, about: request)
        case .peerRules, .startSharing, .stopSharing, .letGo, .keyFrameRequested, .frameAcknowledged, .ended: break
        }
    }

    /// This side has asked the other.
    mutating func note(asked request: SideRequest, at time: Date) { add("asked", request.kind, nil, time, about: request) }

    mutating func sentPicture(bytes: Int) {
        sent.pictures += 1
        sent.bytes += bytes
    }

    mutating func sentMessage() { sent.messages += 1 }

    /// A file has gone over, whole.
    mutating func moved(_ request: SideRequest, isOurs: Bool) {
        guard case .file(let name, let bytes) = request.subject else { return }
        let file = SessionRecord.File(name: name, bytes: Int64(clamping: bytes))
        if isOurs {
            sent.files = Self.adding(file, to: sent.files)
        } else {
            received.files = Self.adding(file, to: received.files)
        }
    }

    /// The first that went say most; of more than a person sends there is no list.
    private static func adding(_ file: SessionRecord.File, to files: [SessionRecord.File]?) -> [SessionRecord.File] {
        let files = files ?? []
        return files.count < SessionRecord.fileLimit ? files + [file] : files
    }

    /// What has gone through lent connections, at the end.
    mutating func note(_ traffic: [Destination: Forwarding.Traffic]) {
        connections = traffic.map { destination, traffic in
            SessionRecord.Connections(
                to: "\(destination)", count: traffic.connections, sent: traffic.sentBytes, received: traffic.receivedBytes)
        }.sorted { $0.to < $1.to }
    }

    /// Something that was copied has gone over; what it was is kept nowhere.
    mutating func copied(bytes: Int, isOurs: Bool) {
        func adding(to copied: SessionRecord.Copied?) -> SessionRecord.Copied {
            SessionRecord.Copied(texts: (copied?.texts ?? 0) + 1, bytes: (copied?.bytes ?? 0) + bytes)
        }
        if isOurs { sent.copied = adding(to: sent.copied) } else { received.copied = adding(to: received.copied) }
    }

    /// Whoever asks and pauses without end must not push out how it began.
    private mutating func add(_ what: String, _ kind: Capability?, _ decider: Decider?, _ time: Date, about request: SideRequest? = nil) {
        if consents.count == SessionRecord.consentLimit {
            consents.remove(at: 1)
            leftOut += 1
        }
        consents.append(
            SessionRecord.Consent(
                at: time.formatted(.iso8601), what: what, kind: kind?.rawValue, by: decider?.rawValue,
                about: request?.subject.summary))
    }
}
