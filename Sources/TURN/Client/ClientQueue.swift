/// First in, first out; bounded, so that an owner who does not drain loses the newest.
struct ClientQueue<Element: Sendable>: Sendable {
    /// Far more than one call can produce.
    static var limit: Int { 4096 }

    private var elements: [Element] = []
    private var head = 0

    mutating func push(_ element: Element) {
        if elements.count - head < Self.limit { elements.append(element) }
    }

    mutating func pop() -> Element? {
        guard head < elements.count else { return nil }
        defer {
            head += 1
            if head == elements.count { removeAll() }
        }
        return elements[head]
    }

    mutating func removeAll() {
        elements.removeAll(keepingCapacity: true)
        head = 0
    }
}
