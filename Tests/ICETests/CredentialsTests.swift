import ICE
import TestSupport
import Testing

@Suite struct CredentialsTests {
    @Test("fresh credentials have the lengths and letters of RFC 8839 §5.4")
    func fresh() {
        var random = SplitMix64(seed: 1)
        let credentials = Credentials(using: &random)
        #expect(credentials.usernameFragment.count == 8)
        #expect(credentials.password.count == 24)
        #expect(
            Credentials(usernameFragment: credentials.usernameFragment, password: credentials.password) == credentials)
    }

    @Test(
        "credentials of a wrong length or with other letters are refused",
        arguments: [
            ("abc", "1234567890123456789012"), ("abcd", "123456789012345678901"), ("ab:d", "1234567890123456789012"),
            ("abcd", "12345678901234567890 2"), (String(repeating: "a", count: 257), "1234567890123456789012"),
            ("abcd", String(repeating: "a", count: 257)), ("äbcd", "1234567890123456789012"),
        ])
    func refused(_ fragment: String, _ password: String) {
        #expect(Credentials(usernameFragment: fragment, password: password) == nil)
    }

    @Test("the password does not print")
    func redacted() {
        var random = SplitMix64(seed: 1)
        let credentials = Credentials(using: &random)
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped] {
            #expect(!text.contains(credentials.password))
        }
    }
}
