internal import NetPrimitives

extension Encoder {
    /// How finely a picture is quantized. Quantizers are libvpx's external scale, 0 (lossless) to 63.
    enum Quality: Equatable {
        /// Something changed: the bitrate decides, within limits.
        case moving
        /// Nothing changed for a moment; the step counts the refinements of this picture from 0.
        case resting(Int)

        var quantizers: ClosedRange<UInt32> {
            switch self {
            case .moving: 8...40
            case .resting(0): 8...16
            case .resting: 2...4
            }
        }
    }

    /// How far a picture at rest has been refined.
    enum RestState: Equatable {
        /// The next refinement and when it is due.
        case waiting(until: Instant, step: Int)
        /// As good as it gets.
        case sharp

        /// Long enough that a pause between two key strokes or scroll steps sends no refinement.
        static let delay: Duration = .milliseconds(200)
        static let steps = 2

        func next(after quality: Quality, at now: Instant) -> RestState {
            switch quality {
            case .moving: .waiting(until: now + Self.delay, step: 0)
            case .resting(let step): step + 1 < Self.steps ? .waiting(until: now + Self.delay, step: step + 1) : .sharp
            }
        }
    }
}
