/// Elements in places that are used again, each under a handle that is its alone: when an element is gone, its handle
/// finds nothing, also when its place has another one.
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

    private struct Place: Sendable {
        /// Of the element that is here, or of the next one that will be.
        var generation: UInt32 = 0
        /// While it is empty: the empty place after it.
        var nextFree = Slab.noPlace
        var element: Element?
    }

    private static var noPlace: UInt32 { .max }

    private var places: [Place] = []
    private var firstFree = Slab.noPlace
    private let lastGeneration: UInt32
    private(set) var count = 0

    /// - Parameter lastGeneration: a place that has had so many elements is never used again, so that no handle is ever
    ///   good for two.
    init(lastGeneration: UInt32 = .max - 1) { self.lastGeneration = lastGeneration }

    mutating func insert(_ element: Element) -> Handle {
        count += 1
        guard firstFree != Self.noPlace else {
            places.append(Place(element: element))
            return Handle(number: UInt32(places.count - 1), generation: 0)
        }
        let number = firstFree
        firstFree = places[Int(number)].nextFree
        places[Int(number)].element = element
        return Handle(number: number, generation: places[Int(number)].generation)
    }

    mutating func remove(_ handle: Handle) -> Element? {
        guard has(handle), let element = places[Int(handle.number)].element else { return nil }
        count -= 1
        places[Int(handle.number)].element = nil
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
        _read {
            if has(handle) { yield places[Int(handle.number)].element } else { yield nil }
        }
        _modify {
            if has(handle) {
                yield &places[Int(handle.number)].element
            } else {
                var nothing: Element?
                yield &nothing
            }
        }
    }

    /// The handle of what a place has.
    func handle(at number: UInt32) -> Handle? {
        guard number < places.count, places[Int(number)].element != nil else { return nil }
        return Handle(number: number, generation: places[Int(number)].generation)
    }

    /// Of all elements, in no order.
    var handles: [Handle] { places.indices.compactMap { handle(at: UInt32($0)) } }

    private func has(_ handle: Handle) -> Bool {
        handle.number < places.count && places[Int(handle.number)].generation == handle.generation
    }
}
