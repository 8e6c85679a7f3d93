public import Foundation

/// What `ra-connect` tells: with `--json` one object a line, on a terminal a sentence.
public enum SessionEventLine: Hashable, Sendable {
    /// How the helper was recognised.
    public enum Verification: String, Hashable, Sendable, CaseIterable { case code, contact }

    public enum PathChange: String, Hashable, Sendable, CaseIterable {
        case better = "better path"
        case lost = "path lost"
        case network = "network changed"
    }

    public enum SideDecision: String, Hashable, Sendable, CaseIterable { case granted, denied, revoked }

    public enum ClipboardMove: String, Hashable, Sendable, CaseIterable { case sent, received }

    public enum FileState: String, Hashable, Sendable, CaseIterable { case offered, moving, done, refused, failed }

    case invitation(code: String, link: String?, file: String?, expires: Date)
    case helper(name: String, verified: Verification, fingerprint: String)
    /// `detail` is what the asker says.
    case request(id: UInt32, Capability, from: String, detail: String?, ConsentNotice)
    case granted(Capability, by: Decider)
    case denied(Capability, by: Decider)
    case revoked(Capability, by: Decider)
    /// A file, the clipboard or a connection is asked for.
    case sideRequest(SideRequest, from: String, ConsentNotice)
    case side(SideDecision, SideRequest, by: Decider)
    case connected(elapsedMilliseconds: Int64, path: PathDescription)
    case path(PathDescription?, reason: PathChange)
    /// What was tried, and what was wrong with ports that routers opened.
    case candidates([TriedPair], findings: [RouterFinding])
    case firstFrame(elapsedMilliseconds: Int64, width: Int, height: Int)
    case paused
    case resumed
    case chat(from: String, text: String)
    /// `detail` says where a file was kept that came, or why it failed.
    case file(id: UInt32, name: String, bytes: Int64, of: Int64, state: FileState, detail: String? = nil)
    /// Helper: what becomes of a port of this computer that was to lead somewhere.
    case forwarding(local: String, Destination?, ForwardingState, why: String?)
    /// Something that was copied has gone over; `text` where there is no display to put it into.
    case clipboard(ClipboardMove, bytes: Int, text: String?)
    /// Of contacts, before and beside the session.
    case contact(ContactEvent)
    case ended(EndReason, detail: String)

    /// Nil for an event that is the driver's business and nobody else's.
    ///
    /// - Parameter notice: what stands beside a request.
    public init?(_ event: SessionEvent, notice: ConsentNotice) {
        switch event {
        case .request(let id, let kind, let from, let detail):
            self = .request(id: id, kind, from: from, detail: detail.isEmpty ? nil : detail, notice)
        case .granted(let kind, let decider): self = .granted(kind, by: decider)
        case .denied(let kind, let decider): self = .denied(kind, by: decider)
        case .revoked(let kind, let decider): self = .revoked(kind, by: decider)
        case .sideRequest(let request, let from): self = .sideRequest(request, from: from, notice)
        case .sideGranted(let request, let decider): self = .side(.granted, request, by: decider)
        case .sideDenied(let request, let decider): self = .side(.denied, request, by: decider)
        case .sideRevoked(let request, let decider): self = .side(.revoked, request, by: decider)
        case .chat(let from, let text): self = .chat(from: from, text: text)
        case .paused: self = .paused
        case .resumed: self = .resumed
        case .ended(let reason, let detail): self = .ended(reason, detail: detail)
        case .peerRules, .startSharing, .stopSharing, .input, .letGo, .keyFrameRequested, .frameAcknowledged: return nil
        }
    }
}
