/// What waits for the driver, oldest first. A driver that drains after every call never meets the limit;
/// one that does not loses the oldest, as a full socket would.
struct OutputQueue<Element: Sendable>: Sendable {
    private var elements: [Element] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func push(_ element: Element) {
        if elements.count >= limit { elements.removeFirst() }
        elements.append(element)
    }

    mutating func pop() -> Element? { elements.isEmpty ? nil : elements.removeFirst() }
}
