import Foundation
public import Rendezvous

/// Which relay a program uses: what the person gave, else the invitation's, else `RA_RELAY`, else the configuration's.
public enum RelayChoice {
    /// There is none, or it is not an address; the sentence says what to write.
    public struct Unknown: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// - Parameter configuration: the configuration's file; nil for the usual one.
    public static func url(
        given: String?, invitation: RelayURL? = nil, configuration: String? = nil
    ) throws(Unknown) -> RelayURL {
        if let given { return try parse(given) }
        if let invitation { return invitation }
        guard let configured = try configured(configuration) else {
            throw Unknown(
                description: "Which relay? Give --relay URL, or set RA_RELAY. Whoever runs the relay knows its URL.")
        }
        return configured
    }

    /// The one that need not be said each time; nil where there is none.
    static func configured(_ configuration: String?) throws(Unknown) -> RelayURL? {
        if let text = ProcessInfo.processInfo.environment["RA_RELAY"], !text.isEmpty { return try parse(text) }
        do throws(ClientConfiguration.Invalid) { return try ClientConfiguration.load(configuration).relay } catch {
            throw Unknown(description: error.description)
        }
    }

    private static func parse(_ text: String) throws(Unknown) -> RelayURL {
        guard let url = RelayURL(asWritten: text) else { throw Unknown(description: RelayURL.howToWrite(text)) }
        return url
    }
}
