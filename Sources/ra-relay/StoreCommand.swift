import ArgumentParser
import Foundation
import RelayService

/// What commands that work on a relay's store have in common: what they are asked wrongly is exit code 2, what fails is 1.
enum StoreCommand {
    static func run<Book>(opening open: () throws -> Book, _ body: (inout Book) throws -> Void) throws {
        var book: Book
        do { book = try open() } catch { throw ValidationError("\(error)") }
        do { try body(&book) } catch let code as ExitCode { throw code } catch {
            complain("\(error)")
            throw ExitCode(1)
        }
    }

    /// Tells what became of a removal.
    ///
    /// - Throws: exit code 1 when there was nothing to remove.
    static func tell(isGone: Bool, asJSON: Bool, done: String, missing: String) throws {
        if asJSON {
            print("{\"removed\":\(isGone)}")
        } else if isGone {
            print(done)
        }
        guard isGone else {
            complain(missing)
            throw ExitCode(1)
        }
    }

    private static func complain(_ sentence: String) { FileHandle.standardError.write(Data("ra-relay: \(sentence)\n".utf8)) }
}
