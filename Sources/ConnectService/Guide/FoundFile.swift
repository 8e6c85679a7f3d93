import Foundation

/// What lies under the paths that a person may have meant.
public enum FoundFile: Hashable, Sendable {
    /// Nothing, under none of them; and whether there is the folder for the last one.
    case nothing(hasFolder: Bool)
    case folder(String)
    case contents(path: String, [UInt8])
    /// It is there, and cannot be read; the sentence says why.
    case unreadable(path: String, String)

    /// Looks.
    public init(at paths: [String]) {
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
            guard !isFolder.boolValue else {
                self = .folder(path)
                return
            }
            do {
                self = .contents(path: path, try InvitationPaper.contents(of: path) ?? [])
            } catch {
                self = .unreadable(path: path, "“\(path.printable)” cannot be read: \(error.localizedDescription)")
            }
            return
        }
        let folder = paths.last.map { ($0 as NSString).deletingLastPathComponent } ?? ""
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: folder.isEmpty ? "." : folder, isDirectory: &isFolder)
        self = .nothing(hasFolder: isThere && isFolder.boolValue)
    }
}
