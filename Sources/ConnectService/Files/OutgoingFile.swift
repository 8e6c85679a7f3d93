import HostNetwork
import NetPrimitives
import Session

/// One file on its way to the other side: reads, sends and waits in turns, so that little of it is in memory at any time.
final class OutgoingFile {
    private unowned let service: FileService
    private let request: SideRequest
    private let source: FileSource
    private var sender: FileSender
    private var channel: SideChannel?
    private var isReading = false
    private var progress: FileProgress?

    init(_ request: SideRequest, _ source: FileSource, of service: FileService) {
        self.request = request
        self.source = source
        self.service = service
        sender = FileSender(total: source.bytes)
    }

    /// The receiver has said yes.
    func begin(on channel: SideChannel) {
        self.channel = channel
        progress = FileProgress(asJSON: service.printer.isForPrograms, at: MonotonicClock.now())
        pump()
    }

    /// Reads what may be sent now.
    func pump() {
        guard let channel, !isReading, sender.outcome == nil, service.driver.hasRoom(on: channel) else { return }
        let source = source
        if let count = sender.nextRead {
            isReading = true
            service.onDisk { Result { () throws(FileFailure) in try source.read(count) } } then: { [weak self] _, result in
                self?.have(result) { file, bytes in file.sender.send(bytes) }
            }
        } else if sender.wantsHash {
            isReading = true
            service.onDisk { Result { () throws(FileFailure) in try source.finish() } } then: { [weak self] _, result in
                self?.have(result) { file, hash in file.sender.finish(sha256: hash) }
            }
        }
    }

    private func have(_ result: Result<[UInt8], FileFailure>, _ message: (OutgoingFile, [UInt8]) -> FileMessage) {
        isReading = false
        guard let channel, sender.outcome == nil else { return }
        switch result {
        case .success(let bytes):
            // There was room when it was read, and nobody else sends here.
            guard service.driver.send(message(self, bytes).encoded, on: channel) else { return fail(.cancelled) }
            conclude()
            pump()
        case .failure(let failure): fail(failure)
        }
    }

    func receive(_ bytes: [UInt8]) {
        if let answer = sender.receive(bytes), let channel { _ = service.driver.send(answer.encoded, on: channel) }
        conclude()
        if progress?.isDue(at: MonotonicClock.now()) == true, sender.outcome == nil {
            service.tell(request, .moving, bytes: sender.acknowledged)
        }
        pump()
    }

    func closed() {
        sender.closed()
        conclude()
    }

    func fail(_ failure: FileFailure) {
        let message = sender.fail(failure)
        if let channel { _ = service.driver.send(message.encoded, on: channel) }
        conclude()
    }

    private func conclude() {
        guard let outcome = sender.outcome, service.outgoing[request.id] === self else { return }
        switch outcome {
        case .done: service.tell(request, .done, bytes: sender.total)
        case .failed(let failure): service.tell(request, .failed, bytes: sender.acknowledged, detail: "\(failure)")
        }
        service.end(request, on: channel, done: outcome == .done)
    }
}
