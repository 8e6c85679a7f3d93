public import NetPrimitives

extension Agent {
    /// What became of every pair so far, best first.
    public func report(at now: Instant) -> [PairReport] {
        // Before one is selected data flows on the best that answers.
        let chosen = dataKey ?? selectedKey
        return checkList.pairs.map { pair in
            let (result, why): (PairReport.Result, String) =
                switch pair.state {
                case .frozen, .waiting:
                    (.frozen, chosen == nil ? "not checked yet" : "not checked before another path was there")
                case .inProgress:
                    (.frozen, chosen == nil ? "no answer yet" : "no answer before another path was there")
                case .succeeded:
                    (.succeeded, pair.key == chosen ? "chosen" : "answered")
                case .failed(let reason):
                    (.failed, reason.description)
                }
            let until = pair.isPending ? now : pair.settledAt
            let elapsed = pair.firstCheckAt.flatMap { first in until.map { $0 - first } }
            return PairReport(
                local: pair.validLocal?.address ?? pair.key.base, remote: pair.key.remote, transport: pair.key.transport,
                kind: pair.validLocal.map { kind(of: pair, local: $0) } ?? bestPossibleKind(of: pair), result: result,
                elapsed: elapsed, why: why, isSelected: isSelected(pair.key))
        }
    }
}
