import ConnectService
import NetPrimitives
import Testing

@Suite("How long a binding lives")
struct BindingLifetimeTests {
    /// Plays the search against a NAT that forgets after `lifetime`.
    private func search(_ lifetime: Duration) -> (found: BindingLifetime, waited: Duration) {
        var search = BindingLifetimeSearch()
        var waited = Duration.zero
        while true {
            let pauses = search.nextRound()
            guard let longest = pauses.max() else { return (search.lifetime, waited) }
            let known = search.lifetime
            #expect(pauses.allSatisfy { $0 > known.atLeast && $0 < known.atMost ?? .seconds(3600) }, "what is known is not asked")
            for pause in pauses { search.record(pause, hasLived: pause < lifetime) }
            // Those behind the first that died are not waited for.
            waited += min(longest, pauses.first { $0 >= lifetime } ?? longest)
        }
    }

    @Test("it lies between what was found, closely, and is found within ten minutes", arguments: [1, 7, 15, 30, 31, 90, 120, 299])
    func found(_ seconds: Int) {
        let lifetime = Duration.seconds(seconds) + .milliseconds(1)
        let (found, waited) = search(lifetime)
        #expect(found.atLeast < lifetime)
        #expect(found.atMost.map { $0 >= lifetime } == true)
        // A ninth of the widest step, which is of two minutes.
        #expect((found.atMost ?? .zero) - found.atLeast <= .seconds(120) / 9 + .milliseconds(1))
        #expect(waited <= .seconds(600))
    }

    @Test("one that outlives all is said to")
    func long() {
        #expect(search(.seconds(301)).found == BindingLifetime(atLeast: .seconds(300), atMost: nil))
    }

    @Test("a packet that was lost does not make a binding shorter than a later one that lived")
    func loss() {
        var search = BindingLifetimeSearch()
        search.record(.seconds(20), hasLived: false)
        search.record(.seconds(30), hasLived: true)
        search.record(.seconds(60), hasLived: false)
        #expect(search.lifetime == BindingLifetime(atLeast: .seconds(30), atMost: .seconds(60)))
    }

    @Test("a binding that dies at once")
    func none() {
        #expect(search(.milliseconds(100)).found == BindingLifetime(atLeast: .zero, atMost: .seconds(1)))
    }
}
