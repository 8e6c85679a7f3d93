/// Why a relay's certificate is refused: a sentence for the person.
struct Distrust: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
