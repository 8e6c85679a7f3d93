/// A relay's machine with clients and peers who do what the input says, in any order and at any time.
func fuzz(_ bytes: [UInt8]) {
    var run = RandomOperations(Input(bytes))
    while !run.choices.isEmpty {
        run.step()
        if let complaint = run.complaint { expect(false, complaint) }
    }
    run.finish()
    if let complaint = run.complaint { expect(false, complaint) }
}

extension Input: ChoiceSource {}
