internal import Foundation
internal import FoundationXML

/// The elements of a small XML document in the order in which they begin, with their attributes; text between them is left out.
struct XMLElements {
    struct Element {
        var name: String
        var attributes: [String: String]
    }

    private(set) var list: [Element]

    /// More elements than any invitation has.
    static let maximumCount = 200

    /// Nil for a document that is not well-formed, or has more elements than `maximumCount`.
    init?(parsing text: String) {
        let collector = Collector()
        let parser = XMLParser(data: Data(text.utf8))
        parser.shouldResolveExternalEntities = false
        parser.delegate = collector
        // The parser itself does not mind that the end is missing.
        guard parser.parse(), collector.open == 0, collector.list.count <= Self.maximumCount else { return nil }
        list = collector.list
    }

    private final class Collector: NSObject, XMLParserDelegate {
        var list: [Element] = []
        /// Elements that have begun and not ended.
        var open = 0

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            guard list.count <= maximumCount else { return parser.abortParsing() }
            list.append(Element(name: name, attributes: attributes))
            open += 1
        }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) { open -= 1 }
    }
}
