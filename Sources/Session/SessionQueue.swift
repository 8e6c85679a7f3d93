/// First in, first out, without moving what waits at every step.
struct SessionQueue<Element: Sendable>: Sendable {
    private var elements: [Element] = []
    private var head = 0

    var count: Int { elements.count - head }
    var last: Element? { count == 0 ? nil : elements.last }

    mutating func append(_ element: Element) { elements.append(element) }

    /// Puts something before all that waits.
    mutating func prepend(_ element: Element) {
        guard head > 0 else { return elements.insert(element, at: 0) }
        head -= 1
        elements[head] = element
    }

    mutating func replaceLast(with element: Element) {
        guard count > 0 else { return append(element) }
        elements[elements.count - 1] = element
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = elements[head]
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 64, head * 2 >= elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Appends what is not there yet.
    mutating func appendOnce(_ element: Element) where Element: Equatable {
        if !elements[head...].contains(element) { append(element) }
    }

    mutating func removeAll(where isUnwanted: (Element) -> Bool) {
        elements = elements[head...].filter { !isUnwanted($0) }
        head = 0
    }
}
