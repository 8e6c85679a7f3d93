import Dispatch
import Foundation
import HostNetwork
import NIOCore
import NetPrimitives
import Session

/// Files that go over one session, in both directions. On the event loop of its driver; the disk is used on a queue of its own.
final class FileService: SideService {
    let kind = Capability.file
    unowned let driver: SessionDriver
    let loop: any EventLoop
    let printer: EventPrinter
    /// Where files are put that come.
    private let folder: String
    /// One at a time uses the disk: that is in order, and as fast as a disk gets.
    let disk = DispatchQueue(label: "files")
    var outgoing: [UInt32: OutgoingFile] = [:]
    var incoming: [UInt32: IncomingFile] = [:]
    /// Of each channel the number of the request.
    private var numbers: [SideChannel: UInt32] = [:]
    /// Who else wants to know how far files are.
    var onTold: (SessionEventLine) -> Void = { _ in }

    init(driver: SessionDriver, folder: String, printer: EventPrinter, loop: any EventLoop) {
        self.driver = driver
        self.folder = folder
        self.printer = printer
        self.loop = loop
    }

    // MARK: Sending

    /// What the person has typed behind `send`.
    func send(_ text: String) {
        let typed = TypedPath(text, home: NSHomeDirectory())
        let path = typed.candidates.first { FileManager.default.fileExists(atPath: $0) } ?? typed.meant
        onDisk { Result { () throws(FileSource.Problem) in try FileSource(path: path) } } then: { service, result in
            switch result {
            case .success(let source): service.offer(source)
            case .failure(let problem): service.printer.complain("\(problem)")
            }
        }
    }

    private func offer(_ source: FileSource) {
        do throws(CommandRefusal) {
            let request = try driver.ask(for: .file(name: source.name, bytes: source.bytes))
            outgoing[request.id] = OutgoingFile(request, source, of: self)
            tell(request, .offered, bytes: 0)
            printer.note("Asked whether \(driver.peerName.printable) wants “\(source.name)”. Waiting for the answer…")
        } catch {
            printer.complain("\(error)")
        }
    }

    // MARK: What the driver says

    func handle(_ event: SideServiceEvent) {
        switch event {
        case .peerRules: break
        case .granted(let request):
            guard request.asker == driver.role, let file = outgoing[request.id] else {
                incoming[request.id] = IncomingFile(request, folder: folder, of: self)
                return
            }
            guard let channel = driver.openChannel(for: request) else { return driver.withdraw(request) }
            numbers[channel] = request.id
            file.begin(on: channel)
        case .denied(let request, _):
            guard outgoing.removeValue(forKey: request.id) != nil else { return }
            tell(request, .refused, bytes: 0)
        case .revoked(let request, _):
            outgoing[request.id]?.fail(.cancelled)
            incoming[request.id]?.fail(.cancelled)
        case .opened(let channel, let request):
            guard let file = incoming[request.id], !file.hasBegun else { return driver.close(channel) }
            numbers[channel] = request.id
            file.begin(on: channel)
        case .message(let channel, let bytes):
            guard let id = numbers[channel] else { return }
            outgoing[id]?.receive(bytes)
            incoming[id]?.receive(bytes)
        case .hasRoom(let channel): numbers[channel].flatMap { outgoing[$0] }?.pump()
        case .closed(let channel):
            guard let id = numbers.removeValue(forKey: channel) else { return }
            outgoing[id]?.closed()
            incoming[id]?.closed()
        case .sessionEnded:
            for file in outgoing.values { file.fail(.cancelled) }
            for file in incoming.values { file.fail(.cancelled) }
            disk.sync {}  // what is half there is gone before the program is
        }
    }

    // MARK: What files need

    /// A transfer has ended, one way or the other.
    func end(_ request: SideRequest, on channel: SideChannel?, done: Bool) {
        outgoing[request.id] = nil
        incoming[request.id] = nil
        driver.settle(request)
        if let channel { driver.close(channel) }
        if done { driver.recorder.ledger.moved(request, isOurs: request.asker == driver.role) }
    }

    func tell(_ request: SideRequest, _ state: SessionEventLine.FileState, bytes: UInt64, detail: String? = nil) {
        guard case .file(let name, let total) = request.subject else { return }
        let line = SessionEventLine.file(
            id: request.id, name: name, bytes: Int64(clamping: bytes), of: Int64(clamping: total), state: state, detail: detail)
        onTold(line)
        switch state {
        // What was asked and answered, people read in other words; a program has them here.
        case .offered, .refused: printer.printForPrograms(line)
        case .moving, .done, .failed: printer.print(line)
        }
    }

    /// Does something that may block, and goes on here with what came of it.
    func onDisk<Result: Sendable>(
        _ work: @escaping @Sendable () -> Result, then goOn: @escaping (FileService, Result) -> Void
    ) {
        let back = OnLoop(service: self, goOn: goOn)
        disk.async { [loop] in
            let result = work()
            loop.execute { back.resume(result) }
        }
    }

    /// Carries what belongs to the loop past the disk's queue, and is opened on the loop alone.
    private struct OnLoop<Result>: @unchecked Sendable {
        weak var service: FileService?
        let goOn: (FileService, Result) -> Void

        func resume(_ result: Result) {
            if let service { goOn(service, result) }
        }
    }
}
