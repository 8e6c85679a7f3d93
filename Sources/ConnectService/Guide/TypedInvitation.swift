import Rendezvous

/// What a person types who was given a code, a link or a file, whichever they were asked for.
enum TypedInvitation: Hashable {
    /// A code or a link, as `ra-connect join` takes it; and the relay that a link names.
    case held(String, relay: RelayURL?)
    /// It may be a file's path: one of these.
    case paths([String])
    /// Nothing of the kind; the sentence says why.
    case none(String)

    init(_ text: String, form: GuideForm, home: String) {
        // A link may stand in a sentence that was copied with it.
        if let link = text.split(whereSeparator: \.isWhitespace).first(where: { $0.contains("://") && !$0.lowercased().contains("file://") }) {
            do throws(InvitationError) {
                let link = try InvitationLink(parsing: String(link.trimming(while: Self.isAroundLinks)))
                self = .held(link.exposedText, relay: link.relay)
            } catch {
                self = .none("\(error)")
            }
            return
        }
        let path = TypedPath(text, home: home)
        guard !path.looksLikePath else {
            self = .paths(path.candidates)
            return
        }
        do throws(InvitationError) {
            self = .held(try InvitationCode(parsing: text).exposedText, relay: nil)
        } catch {
            self = form == .file ? .paths(path.candidates) : .none("\(error)")
        }
    }

    /// What people and mail programs write around a link.
    private static func isAroundLinks(_ character: Character) -> Bool { "<>()[]\"'“”,.;".contains(character) }
}

extension Substring {
    fileprivate func trimming(while isSurplus: (Character) -> Bool) -> Substring {
        var rest = drop(while: isSurplus)
        while let last = rest.last, isSurplus(last) { rest.removeLast() }
        return rest
    }
}

extension TypedPath {
    /// Whether it can be nothing else: no code has any of these.
    var looksLikePath: Bool {
        candidates.contains { path in
            path.contains("/") || [Self.suffix, ".msrcincident"].contains { path.lowercased().hasSuffix($0) }
        }
    }
}
