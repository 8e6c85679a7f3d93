import NetPrimitives

/// How long a NAT keeps a UDP binding open that nobody uses (RFC 4787 §4.3).
package struct BindingLifetime: Hashable, Sendable {
    /// A binding was still there after so long; zero: none was.
    package var atLeast: Duration
    /// None was after so long; nil: none was waited for any longer.
    package var atMost: Duration?

    package init(atLeast: Duration, atMost: Duration?) {
        self.atLeast = atLeast
        self.atMost = atMost
    }

    /// For people.
    package var reading: String {
        let least = Self.seconds(atLeast)
        guard let atMost else { return "a binding lives longer than \(least) s without traffic" }
        return "a binding lives between \(least) and \(Self.seconds(atMost)) s without traffic"
    }

    private static func seconds(_ duration: Duration) -> String {
        let tenths = (duration.milliseconds + 50) / 100
        return tenths.isMultiple(of: 10) ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
