import Foundation
public import Rendezvous

extension ClientConfiguration {
    /// Writes a relay into the person's configuration, above all that stands there: below the head of a table it would be the table's.
    ///
    /// - Returns: the file's name.
    /// - Throws: `Invalid`, when there is one already, and what the file system says.
    public static func keep(_ relay: RelayURL) throws -> String {
        let (text, file) = try text(nil)
        let whole = "relay = \"\(relay)\"\n" + (text ?? "")
        _ = try parse(whole, from: file)  // a file that can be read is not made one that cannot
        // A link stays one, and nobody else gets to read it: there may be a password in it.
        let place = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
        let mode = (try? FileManager.default.attributesOfItem(atPath: place))?[.posixPermissions] as? NSNumber
        try FileManager.default.createDirectory(
            atPath: (place as NSString).deletingLastPathComponent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try PrivateFile.write(Data(whole.utf8), to: place, mode: mode?.uint32Value ?? 0o600)
        return file
    }
}
