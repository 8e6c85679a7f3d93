import NetPrimitives
import ScreenCodec
import Testing

@Suite struct RateControllerTests {
    @Test("no more than thirty pictures a second")
    func frameRate() {
        var rate = RateController()
        #expect(rate.mayEncode(bufferedAmount: 0, at: .zero))
        rate.frameSent(sequence: 0, bytes: 1_000, at: .zero)
        rate.acknowledged(sequence: 0, at: .zero + .milliseconds(1))
        #expect(!rate.mayEncode(bufferedAmount: 0, at: .zero + .milliseconds(33)))
        #expect(rate.nextDeadline == .zero + .nanoseconds(33_333_333))
        #expect(rate.mayEncode(bufferedAmount: 0, at: .zero + .milliseconds(34)))
    }

    @Test("with a backlog only one picture is under way")
    func backlog() {
        var rate = RateController()
        let backlog = RateController.comfortableBacklog + 1
        #expect(rate.mayEncode(bufferedAmount: backlog, at: .zero))
        rate.frameSent(sequence: 0, bytes: 100_000, at: .zero)
        #expect(!rate.mayEncode(bufferedAmount: backlog, at: .zero + .seconds(1)))
        #expect(rate.mayEncode(bufferedAmount: 0, at: .zero + .seconds(1)))
        rate.acknowledged(sequence: 0, at: .zero + .seconds(1))
        #expect(rate.mayEncode(bufferedAmount: backlog, at: .zero + .seconds(1)))
    }

    @Test("without acknowledgements the pictures under way are bounded")
    func bounded() {
        var rate = RateController()
        var now = Instant.zero
        for sequence in 0..<UInt32(100) {
            now += .milliseconds(40)
            if rate.mayEncode(bufferedAmount: 0, at: now) { rate.frameSent(sequence: sequence, bytes: 1, at: now) }
        }
        #expect(rate.framesInFlight == RateController.maximumInFlight)
        for sequence in 0..<UInt32(100) { rate.frameSent(sequence: sequence, bytes: 1, at: now) }
        #expect(rate.framesInFlight == RateController.maximumInFlight)
    }

    @Test("an acknowledgement counts for everything before it, an unknown one for nothing, also when numbers wrap")
    func acknowledgements() {
        var rate = RateController()
        for sequence: UInt32 in [.max - 1, .max, 0, 1] { rate.frameSent(sequence: sequence, bytes: 1, at: .zero) }
        rate.acknowledged(sequence: 77, at: .zero)
        #expect(rate.framesInFlight == 4)
        rate.acknowledged(sequence: 0, at: .zero)
        #expect(rate.framesInFlight == 1)
        rate.acknowledged(sequence: .max, at: .zero)
        #expect(rate.framesInFlight == 1)
    }

    @Test("a queue that builds up lowers the bitrate, an idle path raises it, within bounds")
    func adapts() {
        var rate = RateController(initialBitrate: 2_000_000)
        var now = Instant.zero
        func run(_ count: Int, delay: Duration, bytes: Int) {
            for sequence in 0..<UInt32(count) {
                rate.frameSent(sequence: sequence, bytes: bytes, at: now)
                now += delay
                rate.acknowledged(sequence: sequence, at: now)
                now += .milliseconds(300)
            }
        }
        run(20, delay: .milliseconds(20), bytes: 1_000)
        #expect(rate.targetBitrate == 2_000_000, "pictures that need few bits prove nothing")
        run(20, delay: .milliseconds(20), bytes: 100_000)
        #expect(rate.targetBitrate > 4_000_000)
        let high = rate.targetBitrate
        run(3, delay: .milliseconds(400), bytes: 100_000)
        #expect(rate.targetBitrate < high / 2 + high / 10)
        for delay in 1...60 { run(1, delay: .milliseconds(delay * 300), bytes: 100_000) }
        #expect(rate.targetBitrate == RateController.bitrates.lowerBound)
        rate.pathChanged()
        run(400, delay: .milliseconds(5), bytes: 1_000_000)
        #expect(rate.targetBitrate == RateController.bitrates.upperBound)
    }
}
