public import ArgumentParser
public import Session

/// A place behind `--tcp`, at the sharer.
struct DestinationArgument: ExpressibleByArgument {
    let destination: Destination

    init?(argument: String) {
        guard let destination = Destination(argument) else { return nil }
        self.destination = destination
    }
}

extension ForwardingWish: ExpressibleByArgument {}
