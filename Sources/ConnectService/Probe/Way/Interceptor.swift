/// Who answers HTTP in everybody's place, told by what it says where nobody can be.
package enum Interceptor: Hashable, Sendable {
    case portal(Portal)
    /// Not a page to sign in to: a proxy or a filter that nobody has asked for, and the status of its answer.
    case proxy(status: UInt)

    /// A page, the way to one, or 511, which says what it is (RFC 6585 §6): a portal. Anything else says that
    /// there is nobody at that address, which is what a proxy finds out.
    package init(status: UInt, location: String?) {
        switch status {
        case 200..<400, 511: self = .portal(Portal(place: location.map { String($0.prefix(200)) }))
        default: self = .proxy(status: status)
        }
    }
}
