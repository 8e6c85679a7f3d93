/// What is asked and granted at the moment, for showing.
public struct SessionStatus: Hashable, Sendable {
    public enum Grant: String, Hashable, Sendable { case none, asked, granted }

    public var view: Grant
    public var control: Grant
    public var isPaused: Bool
    public var ended: EndReason?

    public init(view: Grant = .none, control: Grant = .none, isPaused: Bool = false, ended: EndReason? = nil) {
        self.view = view
        self.control = control
        self.isPaused = isPaused
        self.ended = ended
    }

    init(_ state: SessionState) {
        switch state {
        case .connected: self.init()
        case .askingToView: self.init(view: .asked)
        case .viewing(.none, let paused): self.init(view: .granted, isPaused: paused)
        case .viewing(.asking, let paused): self.init(view: .granted, control: .asked, isPaused: paused)
        case .viewing(.granted, let paused): self.init(view: .granted, control: .granted, isPaused: paused)
        case .ended(let reason): self.init(ended: reason)
        }
    }
}
