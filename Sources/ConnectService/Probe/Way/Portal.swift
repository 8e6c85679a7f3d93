/// A web page that this network shows in everybody's place, until somebody signs in.
package struct Portal: Hashable, Sendable {
    /// Where it sends browsers; nil when it does not say.
    package var place: String?

    package init(place: String?) { self.place = place }
}
