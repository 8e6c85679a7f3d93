import Desktop
import Glibc
import HostNetwork
import NetPrimitives
import ScreenCodec
import Session

/// What the screen thread does: wait, capture what changed, compress it, hand it out. Confined to that thread.
final class ScreenLoop {
    private let display: Display
    private let mailbox: Mailbox<ScreenSource.Order>
    private let inputEpoch: Epoch
    private let backlog: @Sendable () -> Int
    private let emit: @Sendable (ScreenSource.Output) -> Void

    private var isSharing = false
    private var hasQuit = false
    private var encoder = Encoder()
    private var rate = RateController()
    private var frame = Frame(width: 1, height: 1)
    /// What changed since `frame` was captured.
    private var damage = DamageRegion()
    private var nextSequence: UInt32 = 0

    /// How often the pointer is looked for while nothing else happens: it moves without the server telling.
    private static let pointerInterval = Duration.milliseconds(33)

    init(
        display: Display, mailbox: Mailbox<ScreenSource.Order>, inputEpoch: Epoch, backlog: @escaping @Sendable () -> Int,
        emit: @escaping @Sendable (ScreenSource.Output) -> Void
    ) {
        self.display = display
        self.mailbox = mailbox
        self.inputEpoch = inputEpoch
        self.backlog = backlog
        self.emit = emit
    }

    func run() {
        do {
            while !hasQuit {
                wait()
                for order in mailbox.takeAll() { try follow(order) }
                damage.formUnion(try display.pollDamage())
                while display.nextEvent() != nil {}  // a resized screen is damaged as a whole, and captured in its new size
                if isSharing { try share(at: MonotonicClock.now()) }
            }
            try? display.releaseAll()
        } catch {
            try? display.releaseAll()
            emit(.lost("\(error)"))
        }
    }

    /// Sleeps until the server, an order or the clock has something.
    private func wait() {
        var descriptors = [
            pollfd(fd: display.fileDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: mailbox.fileDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        var timeout: Int32 = -1
        if isSharing {
            let now = MonotonicClock.now()
            var deadline = now + Self.pointerInterval
            if let refinement = encoder.nextDeadline { deadline = min(deadline, refinement) }
            if let pace = rate.nextDeadline, !damage.isEmpty { deadline = min(deadline, pace) }
            timeout = Int32(clamping: max((deadline - now).milliseconds, 1))
            // What changes faster than it may be sent would wake the thread for nothing.
            if let pace = rate.nextDeadline, now < pace, !damage.isEmpty { descriptors[0].events = 0 }
        }
        poll(&descriptors, nfds_t(descriptors.count), timeout)
    }

    private func follow(_ order: ScreenSource.Order) throws(DisplayError) {
        switch order {
        case .startSharing:
            isSharing = true
            encoder.requestKeyFrame()
            rate = RateController()
            damage = DamageRegion(display.bounds)
        case .stopSharing: isSharing = false
        case .requestKeyFrame: encoder.requestKeyFrame()
        case .acknowledge(let sequence): rate.acknowledged(sequence: sequence, at: MonotonicClock.now())
        case .pathChanged: rate.pathChanged()
        case .input(let event, let epoch): try perform(event, epoch)
        case .releaseAll: try display.releaseAll()
        case .quit: hasQuit = true
        }
    }

    /// Does what the helper did, as long as nobody has taken control back meanwhile.
    ///
    /// Text is typed in pieces, for a character without a key of its own may take a quarter of a second. What
    /// this keyboard cannot do is left out: only a display that is gone ends anything.
    private func perform(_ event: InputEvent, _ epoch: UInt64) throws(DisplayError) {
        do {
            if case .text(let text) = event {
                var rest = text[...]
                while !rest.isEmpty, epoch == inputEpoch.current {
                    try display.perform(.text(String(rest.prefix(8))))
                    rest = rest.dropFirst(8)
                }
            } else if epoch == inputEpoch.current {
                try display.perform(event)
            }
        } catch {
            if error == .displayLost { throw error }
        }
    }

    /// Sends a picture when something changed, when one is asked for, or when the picture at rest can be sharper.
    private func share(at now: Instant) throws {
        let refines = encoder.nextDeadline.map { $0 <= now } ?? false
        guard !damage.isEmpty || encoder.isKeyFrameDue || refines,
            rate.mayEncode(bufferedAmount: backlog(), at: now)
        else { return }
        if !damage.isEmpty {
            try display.capture(damage, into: &frame)
        }
        encoder.setBitrate(rate.targetBitrate)
        let pictures = try encoder.encode(frame, damage: damage, at: now)
        damage = DamageRegion()
        for picture in pictures {
            var writer = ByteWriter(reservingCapacity: FrameHeader.encodedSize + picture.bytes.count)
            FrameHeader(
                flags: picture.flags, width: UInt16(clamping: picture.width), height: UInt16(clamping: picture.height),
                sequence: nextSequence, captureTime: UInt64(clamping: now.nanoseconds / 1000)
            ).encode(to: &writer)
            writer.write(picture.bytes)
            rate.frameSent(sequence: nextSequence, bytes: writer.count, at: now)
            nextSequence &+= 1
            emit(.frame(writer.bytes))
        }
    }
}
