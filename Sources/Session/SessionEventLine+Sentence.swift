public import Foundation

extension SessionEventLine {
    /// The event for a person at a terminal; may hold several lines, none of which the peer could forge.
    ///
    /// - Parameters:
    ///   - role: the side the person is on.
    ///   - peer: what the other side is called; "the helper", "the other side" when nobody is known yet.
    ///   - zone: the person's, for moments.
    public func sentence(for role: Role, peer: String, in zone: TimeZone = .current) -> String {
        let peer = peer.printable
        switch self {
        case .invitation(let code, let link, let file, let expires):
            return Self.invitation(code: code, link: link, file: file, expires: expires, in: zone)
        case .helper(let name, .code, _):
            return "\(name.printable) is here, with the right code."
        case .helper(let name, .contact, let fingerprint):
            return "\(name.printable), one of your contacts, is here. Fingerprint: \(fingerprint.printable)"
        case .request(_, let kind, let from, let detail, let notice):
            return Self.question(kind, from: from.printable, saying: detail?.printable, notice)
        case .granted(let kind, _):
            return role == .sharer ? "\(peer) may \(kind.wish) now." : "You may \(kind.allowedToHelper) now."
        case .denied(let kind, let decider):
            return Self.denial(of: kind, by: decider, role: role, peer: peer)
        case .revoked(let kind, let decider):
            let who = Self.who(decider, role: role, peer: peer)
            let whom = role == .sharer ? "\(peer) may not \(kind.wish)" : "you may not \(kind.allowedToHelper)"
            return "\(who) ended it: \(whom) any more."
        case .sideRequest(let request, let from, let notice):
            return Self.question(request, from: from.printable, of: role, notice)
        case .side(let decision, let request, let decider):
            return Self.sentence(decision, request, by: decider, for: role, peer: peer)
        case .connected(let elapsed, let path):
            return "\(path.sentence) It took \(Self.seconds(elapsed)) s."
        case .path(nil, _):
            return "The connection is interrupted; looking for another way…"
        case .path(let path?, let reason):
            return "\(path.sentence) (\(reason.rawValue))"
        case .candidates(let tried, let findings):
            let lines = tried.map { pair in
                let why = pair.why.map { ": \($0.printable)" } ?? ""
                return "  \(pair.local) to \(pair.remote) (\(pair.kind.rawValue)) \(pair.result.rawValue)\(why)"
            }
            return (["What was tried:"] + lines + findings.map { "  \($0.local): \($0.why.printable)" }).joined(separator: "\n")
        case .firstFrame(_, let width, let height):
            return role == .sharer ? "Your screen is being shown." : "The screen is here: \(width) × \(height)."
        case .paused:
            return role == .sharer ? "Paused. Nothing of your screen is shown." : "\(peer) has paused."
        case .resumed:
            return role == .sharer ? "Going on. Your screen is shown again." : "\(peer) goes on."
        case .chat(let from, let text):
            return "\(from.printable): \(text.printable)"
        case .file(_, let name, let bytes, let total, let state, let detail):
            return Self.file(name.printable, bytes, of: total, state, detail?.printable, peer: peer)
        case .forwarding(let local, let destination, let state, let why):
            return Self.sentence(local: local, destination, state, why: why, peer: peer)
        case .clipboard(let move, let bytes, let text):
            return Self.clipboard(move, bytes: bytes, text, peer: peer)
        case .contact(let event):
            return event.sentence
        case .ended(.error, let detail) where !detail.isEmpty:
            return detail.printable
        case .ended(let reason, let detail):
            let more = detail.isEmpty ? "" : " \(detail.printable)"
            return reason.sentence(for: role, peer: peer) + more
        }
    }

    private static func invitation(code: String, link: String?, file: String?, expires: Date, in zone: TimeZone) -> String {
        var lines = ["Tell your helper this code: \(code)"]
        if let link { lines.append("Or send this link: \(link)") }
        if let file { lines.append("Or send this file: \(file)") }
        lines.append("It is good until \(expires.localText(in: zone)).")
        return lines.joined(separator: "\n")
    }

    /// Who asks, how they were recognised, for what and for how long; the warning before all that, as lines of its own.
    private static func question(_ kind: Capability, from: String, saying detail: String?, _ notice: ConsentNotice) -> String {
        let question = consent(kind, from: from, saying: detail, notice)
        return [warning(kind, notice), question, "Type yes or no; no answer within \(notice.answer.components.seconds) s is a no."]
            .compactMap(\.self).joined(separator: "\n")
    }

    private static func warning(_ kind: Capability, _ notice: ConsentNotice) -> String? {
        notice.warning(before: kind)?.split(separator: "\n").map { String($0).printable }.joined(separator: "\n")
    }

    private static func consent(_ kind: Capability, from: String, saying detail: String?, _ notice: ConsentNotice) -> String {
        let who = notice.verified == .contact ? "\(from), one of your contacts," : "\(from), who had the right code,"
        let about = detail.map { " (\($0))" } ?? ""
        return "\(who) asks to \(kind.wish)\(about), until you take it back or the session ends."
    }

    /// What the person is asked, and apart from it the warning, where both do not fit in one place; nil where nothing is asked.
    public func question(for role: Role) -> (question: String, warning: String?)? {
        switch self {
        case .request(_, let kind, let from, let detail, let notice):
            (Self.consent(kind, from: from.printable, saying: detail?.printable, notice), Self.warning(kind, notice))
        case .sideRequest(let request, let from, let notice):
            (request.question(from: from.printable, of: role, notice.verified), Self.warning(request.kind, notice))
        case .invitation, .helper, .granted, .denied, .revoked, .side, .connected, .path, .candidates, .firstFrame, .paused, .resumed, .chat,
            .file, .forwarding, .clipboard, .contact, .ended:
            nil
        }
    }

    private static func denial(of kind: Capability, by decider: Decider, role: Role, peer: String) -> String {
        switch decider {
        case .sharer where role == .sharer: "You said no: \(peer) may not \(kind.wish)."
        case .sharer: "\(peer) said no: you may not \(kind.allowedToHelper)."
        case .helper where role == .helper: "You took your request back."
        case .helper: "\(peer) does not ask to \(kind.wish) any more."
        case .policy where role == .sharer: "\(peer) asked to \(kind.wish); the rules of this session do not allow it."
        case .policy: "The rules of this session do not allow you to \(kind.allowedToHelper)."
        case .timeout where role == .sharer: "You did not answer in time, so \(peer) may not \(kind.wish)."
        case .timeout: "\(peer) did not answer in time, so you may not \(kind.allowedToHelper)."
        }
    }

    private static func who(_ decider: Decider, role: Role, peer: String) -> String {
        switch (decider, role) {
        case (.sharer, .sharer), (.helper, .helper): "You"
        case (.sharer, .helper), (.helper, .sharer): peer
        case (.policy, _): "The rules of this session"
        case (.timeout, _): "The time that ran out"
        }
    }

    private static func seconds(_ milliseconds: Int64) -> String {
        "\(milliseconds / 1000).\(abs(milliseconds % 1000) / 100)"
    }
}

extension Capability {
    /// "The helper asks to", "the helper may": seen from the sharer.
    fileprivate var wish: String {
        switch self {
        case .view: "see your screen"
        case .control: "use your mouse and keyboard"
        case .file: "send a file"
        case .clipboard: "share the clipboard"
        case .tcp: "use a network connection of yours"
        }
    }

    /// "You may", said to the helper.
    fileprivate var allowedToHelper: String {
        switch self {
        case .view: "see the screen"
        case .control: "use the mouse and the keyboard"
        case .file: "send a file"
        case .clipboard: "share the clipboard"
        case .tcp: "use that network connection"
        }
    }
}
