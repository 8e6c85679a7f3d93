import NetPrimitives

extension Agent {
    /// What became of every pair, best first.
    public var report: [PairReport] {
        // Before one is selected data flows on the best that answers.
        let chosen = dataKey ?? selectedKey
        return checkList.pairs.map { pair in
            let (result, why): (PairReport.Result, String) =
                switch pair.state {
                case .frozen, .waiting:
                    (.frozen, isLooking ? "not checked yet" : "not needed: another path was chosen first")
                case .inProgress:
                    (.frozen, isLooking ? "no answer yet" : "no answer before another path was chosen")
                case .succeeded:
                    (.succeeded, pair.key == chosen ? "chosen" : "answered")
                case .failed(let reason):
                    (.failed, reason.description)
                }
            let elapsed = pair.firstCheckAt.flatMap { first in pair.settledAt.map { $0 - first } }
            return PairReport(
                local: pair.validLocal?.address ?? pair.key.base, remote: pair.key.remote,
                kind: pair.validLocal.map { kind(of: pair, local: $0) } ?? bestPossibleKind(of: pair), result: result,
                elapsed: result == .frozen ? nil : elapsed, why: why, isSelected: isSelected(pair.key))
        }
    }
}
