/// Elements in places that are used again, each under a handle that is its alone: when an element is gone, its handle
/// finds nothing, also when its place has another one.
///
/// A look-up lends the element where it lies, so that to read a field of a large one copies and retains nothing else.
///
/// Whoever fills it bounds it; it keeps as many places as there were elements at once.
struct Slab<Element: Sendable>: Sendable {
    struct Handle: Hashable, Sendable, BitwiseCopyable {
        /// Of the place.
        let number: UInt32
        fileprivate let generation: UInt32

        /// No element's.
        static var none: Handle { Handle(number: .max, generation: .max) }
    }

    private struct Place: Sendable, BitwiseCopyable {
        /// Of the element that is here, or of the next one that will be.
        var generation: UInt32 = 0
        /// While it is empty: the empty place after it.
        var nextFree = Slab.noPlace
    }

    private static var noPlace: UInt32 { .max }

    private var places: [Place] = []
    /// Those of the places, after one that is nil always: what a look-up that finds nothing lends.
    private var elements: [Element?] = [nil]
    private var firstFree = Slab.noPlace
    private let lastGeneration: UInt32
    private(set) var count = 0

    /// - Parameter lastGeneration: a place that has had so many elements is never used again, so that no handle is ever
    ///   good for two.
    init(lastGeneration: UInt32 = .max - 1) { self.lastGeneration = lastGeneration }

    mutating func insert(_ element: Element) -> Handle {
        count += 1
        guard firstFree != Self.noPlace else {
            places.append(Place())
            elements.append(element)
            return Handle(number: UInt32(places.count - 1), generation: 0)
        }
        let number = firstFree
        firstFree = places[Int(number)].nextFree
        elements[Int(number) + 1] = element
        return Handle(number: number, generation: places[Int(number)].generation)
    }

    mutating func remove(_ handle: Handle) -> Element? {
        guard let element = elements[index(of: handle)] else { return nil }
        count -= 1
        elements[index(of: handle)] = nil
        places[Int(handle.number)].generation = handle.generation + 1
        if handle.generation < lastGeneration {
            places[Int(handle.number)].nextFree = firstFree
            firstFree = handle.number
        }
        return element
    }

    /// The element of a handle; nil when it is gone. To change it in place; what is set where nothing is gets lost, and
    /// to set nil is not `remove`.
    subscript(handle: Handle) -> Element? {
        // Of the span, as the array itself would give a copy; and so does an accessor that is called.
        @inline(__always)
        _read { yield elements.span[index(of: handle)] }
        _modify {
            let index = index(of: handle)
            defer { if index == 0 { elements[0] = nil } }
            yield &elements[index]
        }
    }

    /// The handle of what a place has.
    func handle(at number: UInt32) -> Handle? {
        guard number < places.count, elements[Int(number) + 1] != nil else { return nil }
        return Handle(number: number, generation: places[Int(number)].generation)
    }

    /// Of all elements, in no order.
    var handles: [Handle] { places.indices.compactMap { handle(at: UInt32($0)) } }

    /// Among the elements.
    private func index(of handle: Handle) -> Int {
        let isThere = handle.number < places.count && places[Int(handle.number)].generation == handle.generation
        return isThere ? Int(handle.number) + 1 : 0
    }
}
