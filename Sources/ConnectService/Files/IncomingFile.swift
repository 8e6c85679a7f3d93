import Glibc
import HostNetwork
import NetPrimitives
import Session

/// One file that comes from the other side, after the yes to it.
final class IncomingFile {
    private unowned let service: FileService
    private let request: SideRequest
    private let folder: String
    private var receiver: FileReceiver
    private let sink = OpenSink()
    private var channel: SideChannel?
    private var progress: FileProgress?

    /// What is written to, from the moment when the disk's queue has made it.
    private final class OpenSink: @unchecked Sendable {
        var file: FileSink?
    }

    init(_ request: SideRequest, folder: String, of service: FileService) {
        self.request = request
        self.folder = folder
        self.service = service
        let total: UInt64 = if case .file(_, let bytes) = request.subject { bytes } else { 0 }
        receiver = FileReceiver(total: total)
    }

    var hasBegun: Bool { channel != nil }
    /// Bytes on the disk.
    var written: UInt64 { receiver.written }

    /// The sender has opened the channel.
    func begin(on channel: SideChannel) {
        guard case .file(let name, let bytes) = request.subject else { return }
        self.channel = channel
        progress = FileProgress(asJSON: service.printer.isForPrograms, at: MonotonicClock.now())
        let (sink, folder) = (sink, folder)
        onDisk { () throws(FileFailure) in sink.file = try FileSink(folder: folder, name: name, bytes: bytes) } then: { _, _ in }
    }

    func receive(_ bytes: [UInt8]) {
        if let action = receiver.receive(bytes) { perform(action) }
    }

    private func perform(_ action: FileReceiver.Action) {
        let sink = sink
        switch action {
        case .write(let bytes):
            onDisk { () throws(FileFailure) in try sink.file?.write(bytes) } then: { file, _ in file.wrote(bytes.count) }
        case .keep(let hash):
            onDisk { () throws(FileFailure) in
                guard let file = sink.file else { throw .cancelled }
                return try file.keep(sha256: hash)
            } then: { file, path in
                file.kept(at: path)
            }
        case .discard(let failure, let message):
            service.onDisk { sink.file?.discard() } then: { _, _ in }
            if let message, let channel { _ = service.driver.send(message.encoded, on: channel) }
            guard service.incoming[request.id] === self else { return }
            service.tell(request, .failed, bytes: receiver.written, detail: "\(failure)")
            service.end(request, on: channel, done: false)
        }
    }

    private func wrote(_ count: Int) {
        if let message = receiver.wrote(count), let channel { _ = service.driver.send(message.encoded, on: channel) }
        guard !receiver.isOver, progress?.isDue(at: MonotonicClock.now()) == true else { return }
        service.tell(request, .moving, bytes: receiver.written)
    }

    private func kept(at path: String) {
        guard !receiver.isOver, service.incoming[request.id] === self else {
            // It was taken back in the moment in which it became whole.
            return service.onDisk { _ = unlink(path) } then: { _, _ in }
        }
        let message = receiver.kept()
        if let channel { _ = service.driver.send(message.encoded, on: channel) }
        service.tell(request, .done, bytes: receiver.total, detail: path)
        service.end(request, on: channel, done: true)
    }

    func closed() {
        if let action = receiver.closed() { perform(action) }
    }

    func fail(_ failure: FileFailure) {
        guard !receiver.isOver else { return }
        perform(receiver.fail(failure))
    }

    /// Does something to the file; what fails there ends the transfer.
    private func onDisk<Value: Sendable>(
        _ work: @escaping @Sendable () throws(FileFailure) -> Value, then goOn: @escaping (IncomingFile, Value) -> Void
    ) {
        service.onDisk { Result(catching: work) } then: { [weak self] _, result in
            guard let self else { return }
            switch result {
            case .success(let value): goOn(self, value)
            case .failure(let failure): fail(failure)
            }
        }
    }
}
