import NetPrimitives

/// Puts a page of metrics together, family by family.
struct MetricPage {
    private(set) var families: [MetricFamily] = []

    var text: String { families.reduce(into: "") { $1.write(to: &$0) } }

    mutating func gauge(_ name: String, _ value: Double, _ help: String) { add(name, .gauge, help, [.init(value: value)]) }

    mutating func counter(_ name: String, _ value: UInt64, _ help: String) {
        add(name, .counter, help, [.init(value: Double(value))])
    }

    /// A sample for each label, in order.
    mutating func tally<Label>(
        _ name: String, _ kind: MetricFamily.Kind, _ label: String, _ tally: Tally<Label>, _ help: String
    ) {
        let samples = tally.all.map { entry in
            MetricFamily.Sample(labels: [.init(name: label, value: entry.label.label)], value: Double(entry.count))
        }
        add(name, kind, help, samples)
    }

    mutating func histogram(_ name: String, _ histogram: DurationHistogram, _ help: String) {
        var samples: [MetricFamily.Sample] = []
        var count: UInt64 = 0
        for (bound, inClass) in zip(DurationHistogram.bounds + [.infinity], histogram.counts) {
            count += inClass
            let label = MetricFamily.Label(name: "le", value: MetricFamily.number(bound))
            samples.append(.init(suffix: "_bucket", labels: [label], value: Double(count)))
        }
        samples.append(.init(suffix: "_sum", value: histogram.sumSeconds))
        samples.append(.init(suffix: "_count", value: Double(count)))
        add(name, .histogram, help, samples)
    }

    mutating func add(_ name: String, _ kind: MetricFamily.Kind, _ help: String, _ samples: [MetricFamily.Sample]) {
        families.append(MetricFamily(name: name, kind: kind, help: help, samples: samples))
    }
}
