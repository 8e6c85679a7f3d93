public import Foundation
import Rendezvous
import Session

extension SessionRecord {
    private var isSharer: Bool { role == "sharer" }
    private var end: EndReason { EndReason(rawValue: ended.reason) ?? .error }

    private func when(_ text: String, in zone: TimeZone) -> String { UnixTime(text)?.date.localText(in: zone) ?? text }

    /// What was granted at some time, each once; nil in records that do not say.
    private var granted: [String]? {
        consents.map { consents in
            Capability.allCases.map(\.rawValue).filter { kind in consents.contains { $0.what == "granted" && $0.kind == kind } }
        }
    }

    /// One line: when, with whom, by which path, what was allowed, how it ended.
    public func summary(in zone: TimeZone = .current) -> String {
        let what = isSharer ? "you shared your screen with" : "you helped"
        let how = path.map { "\($0.kind) over \($0.transport)" } ?? "not connected"
        let allowed = granted.map { $0.isEmpty ? ", nothing was allowed" : ", allowed: \($0.joined(separator: " and "))" } ?? ""
        return "\(when(started, in: zone))  \(what) \(peer), \(how), \(Self.time(seconds))\(allowed), ended: \(ended.reason)".printable
    }

    /// What was allowed when and what was sent, what was tried, what came of it and why, and what to do about it.
    public func explanation(in zone: TimeZone = .current) -> String {
        var lines = ["\(when(started, in: zone)): " + (isSharer ? "you shared your screen with \(peer)." : "you helped \(peer).")]
        if let path, let elapsed_ms {
            let meaning = ExpectedPath(rawValue: path.kind)?.sentence ?? ""
            lines.append("Connected after \(elapsed_ms) ms over \(path.transport), \(path.kind): \(meaning)")
            lines.append("From \(path.local) to \(path.remote).")
        } else {
            lines.append("The two computers were not connected.")
        }
        let sentence = end.sentence(for: isSharer ? .sharer : .helper, peer: peer)
        lines.append("After \(Self.time(seconds)): \(sentence)\(ended.detail.isEmpty ? "" : " \(ended.detail)")")
        lines += consentLines(in: zone)
        lines.append("")
        lines += tried.isEmpty ? ["Nothing was tried."] : table
        lines += (findings ?? []).map { "The port \($0.local)\($0.external.map { ", opened as \($0)" } ?? ""): \($0.why)." }
        if let advice { lines += ["", "→ \(advice)"] }
        return lines.map(\.printable).joined(separator: "\n")
    }

    private var table: [String] {
        let header = ["LOCAL", "REMOTE", "KIND", "RESULT", "TIME", "WHY"]
        let rows = tried.map { pair in
            [pair.local, pair.remote, pair.kind, pair.result, pair.ms.map { "\($0) ms" } ?? "-", pair.why ?? ""]
        }
        return TextTable.lines([header] + rows)
    }

    /// Who it was, what was asked and answered when, and what went over.
    private func consentLines(in zone: TimeZone) -> [String] {
        guard let consents else { return [] }
        var lines: [String] = []
        if let fingerprint {
            let how = verified == "contact" ? "was known by the key of a contact" : "had the right \(verified ?? "code")"
            lines.append("\(peer) \(how), and a program with the key \(fingerprint).")
        }
        lines.append("")
        if consents.isEmpty {
            lines.append("Nothing was asked for, and nothing allowed.")
        } else {
            let about = consents.contains { $0.about != nil } ? ["ABOUT"] : []
            lines += TextTable.lines([["WHEN", "WHAT", "OF", "BY"] + about] + consents.map {
                [when($0.at, in: zone), $0.what, $0.kind ?? "-", $0.by ?? "-", $0.about ?? ""]
            })
            if let consents_left_out { lines.append("\(consents_left_out) more, after the first one, are not kept.") }
        }
        guard let sent, let received else { return lines }
        func messages(_ count: Int) -> String { "\(count) message\(count == 1 ? "" : "s")" }
        let pictures = isSharer ? ["\(sent.pictures) pictures of the screen (\(sent.bytes) bytes)"] : []
        let inputs = isSharer ? ["\(received.inputs) inputs of mouse and keyboard"] : []
        func copied(_ copied: Copied?) -> [String] { copied.map { ["\($0.bytes) bytes of copied text, \($0.texts) times"] } ?? [] }
        func files(_ files: [File]?) -> [String] { (files ?? []).map { "the file \($0.name) (\($0.bytes) bytes)" } }
        lines.append("Sent: " + (pictures + [messages(sent.messages)] + files(sent.files) + copied(sent.copied)).joined(separator: ", ") + ".")
        lines.append("Received: " + (inputs + [messages(received.messages)] + files(received.files) + copied(received.copied)).joined(separator: ", ") + ".")
        for lent in connections ?? [] {
            lines.append("Connections to \(lent.to): \(lent.count), \(lent.sent) bytes sent, \(lent.received) received.")
        }
        return lines
    }

    /// Why there was no better path than the relay, or none, and what to change where; nil when there was.
    public var advice: String? {
        if let path, path.kind != "relayed" { return nil }
        // What is wrong with the router's doors says more than that nobody came in.
        if let finding = findings?.first { return finding.why.prefix(1).uppercased() + finding.why.dropFirst() + "." }
        let others = tried.filter { $0.kind != "relayed" }
        if path == nil {
            if tried.isEmpty { return "Run ra-probe on both computers: it says what gets out, and what to change." }
            if tried.contains(where: { $0.result == "frozen" }) {
                return "It was over before every way had been tried. Run ra-probe on both computers to see which of them can work."
            }
            if others.count < tried.count {
                return "Nothing came through, not by the relay either. Run ra-probe on both computers: it says what gets out."
            }
        } else if others.isEmpty {
            return "There was nothing to try but the relay, so no UDP gets out on one of the two sides: "
                + "run ra-probe on both, it says which ports to ask for."
        } else if others.contains(where: { $0.result == "succeeded" }) {
            return "Another way worked as well, but came too late, or was lost again."
        } else if others.contains(where: { $0.result == "frozen" }) {
            return "The relay was there first: the other ways had no result by then. "
                + "Run ra-probe on both computers to see whether they can work."
        }
        return "Nothing came through by any \(path == nil ? "way" : "other way"), so one of the two routers uses another port for each "
            + "destination, or a firewall keeps peers out: run ra-probe on both computers. Where it expects “relayed”, "
            + "\(NATAdvice.openPorts)."
    }

    private static func time(_ seconds: Int64) -> String {
        seconds < 120 ? "\(seconds) s" : "\(seconds / 60) min"
    }
}

extension SessionRecord {
    private struct Told: Encodable {
        var record: SessionRecord
        var advice: String?

        private enum Key: String, CodingKey { case advice }

        func encode(to encoder: any Encoder) throws {
            try record.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(advice, forKey: .advice)
        }
    }

    /// On one line, with the advice.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(Told(record: self, advice: advice))).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
