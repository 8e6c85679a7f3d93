import Testing

@testable import Incident

@Suite("A ticket of Windows Remote Assistance")
struct TicketTests {
    /// The figures of a ticket that Windows made, as FreeRDP's TestCommonAssistance.c has them (type 2).
    static let password = "48BJQ853X3B4"
    static let sealed = """
        20FCC407AA53E95F8505AB56D485D26835064B03AF86CDA326248FD304626AD4DBDBDFFE0C473228EFFF7A1E6CEB445BBEC429294BB6616BBB600854438DDFB5
        82FC377CF65A2060EB3221647643C9B29BF5EC320856180B34D1BE9827A528C7E8F0DCD53C8D38F974160FEE317458FAC9DBDBA7B972D21DF3BC5B1AF0E01878
        65F07A3B915618C03E6EAF843FC1185770A1208C29C836DBCA5A040CB276D3C41DDE2FA8CA9627E5E74FA750A92C0E01AD6C3D1000A5B1479DEB899BF5BCD402
        CE3BB3BF104CE0286C3F985AA711943C88C5EEEEE86F35B63F68883A90ADBCFDCBBAE3EAB993EFD9148E1A21D092CE9498695943946236D65D20B4A38D724C61
        72319E38E19C04E98EBC03F56A4A190E971F8EAEBFE6B415A3A2D8F35F7BF78526B9BFAAB48D11BDD6C905EFE503D2265678E1EAD2F2F124E570667F04103180
        2F63587276C14E6A5AB436CE234F722CE7C9B5D244508F14C012E84A49FE69923F30320ABB3641F1EFA66205F3EA709E7E1C3E6874BB9642486FB96D2730CDF4
        514AA738167F00FC13B2978AED1D6678413FDF62008B03DD729E36173BE02742B69CAD44938512D0F56335394759338AF6ADBCF39CE829116D97435085D05BB5
        9320A134698050DCDBE01305A6B4712FD6BD48958BD2DC497498FF35CAECC9A82C97FD1A5B5EC4BAF5FFB75A1471B765C465B35A7C950019066BB219B391C6E9
        8AE8FD2038E774F36F226D9FB9A38BCC313785612165D1EF69D19E2B9CF6E0F7FE1ECCF00AB81F9E8B626363CA82FAC719A3B7D243325C9D6042B2488EC95B80
        A31273FF9B72FBBB86F946E6D3DF8816BE4533F0B547C8BC028309EA9784C1E6
        """

    @Test("opens with the invitation's password")
    func opens() throws {
        let opened = try SealedTicket(hexadecimal: Self.sealed).open(password: Self.password)
        #expect(opened.addresses.map(\.description) == [
            "[fe80::1032:53d9:5a01:909b%3]:49228", "[fe80::3d8f:9b2d:6b4e:6aa%6]:49229", "192.168.1.200:49230", "169.254.6.170:49231",
        ])
        #expect(opened.keyHash == "BNRjdu97DyczQSRuMRrDWoue+HA=")
        #expect(opened.authorizationID == "+ULZ6ifjoCa6cGPMLQiGHRPwkg6VyJqGwxMnO6GcelwUh9a6/FBq3It5ADSndmLL")
        #expect(opened.keyHash2 == nil)
    }

    @Test("is sealed again to the bytes that Windows wrote, but for the white space behind it")
    func sealedAgain() throws {
        let ticket = try SealedTicket(hexadecimal: Self.sealed)
        let content = try ticket.open(password: Self.password)
        let again = try #require(SealedTicket(sealing: content, password: Self.password))
        #expect(try again.open(password: Self.password) == content)
        // The last block has another padding.
        let same = again.bytes.dropLast(16)
        #expect(same.elementsEqual(ticket.bytes.prefix(same.count)) && abs(again.bytes.count - ticket.bytes.count) <= 16)
    }

    @Test("of an invitation that leads elsewhere has that address alone, and all else as before")
    func elsewhere() throws {
        let ticket = try SealedTicket(hexadecimal: Self.sealed)
        let content = try ticket.open(password: Self.password)
        let begin = try #require(MachineAddress(host: "127.0.0.1", port: "13389"))
        var file = try IncidentFile(parsing: Array(Sample.firstType.utf8))
        file.sealedTicket = ticket
        let led = try file.leading(to: begin, ticket: content, password: Self.password)
        #expect(led.connectionString1?.addresses == [begin])
        var wanted = content
        wanted.addresses = [begin]
        #expect(try led.sealedTicket?.open(password: Self.password) == wanted)
        #expect(led.passStub == file.passStub && led.canonicalContents.contains("127.0.0.1:13389;127.0.0.1:13389"))
        #expect(throws: IncidentError.wrongPassword) { try file.leading(to: begin, ticket: nil, password: nil) }
    }

    @Test("opens with no other password", arguments: ["", "48BJQ853X3B5", "48bjq853x3b4", "48BJQ853X3B4 "])
    func otherPassword(_ password: String) throws {
        let ticket = try SealedTicket(hexadecimal: Self.sealed)
        #expect(throws: IncidentError.wrongPassword) { try ticket.open(password: password) }
    }

    @Test("does not open when a piece of it is missing", arguments: [1, 2, 10])
    func cut(blocks: Int) throws {
        let whole = try SealedTicket(hexadecimal: Self.sealed)
        let ticket = try SealedTicket(hexadecimal: String(whole.hexadecimal.dropLast(32 * blocks)))
        #expect(throws: IncidentError.wrongPassword) { try ticket.open(password: Self.password) }
    }

    @Test("is proved the password of by its stub")
    func proof() throws {
        // Microsoft's example, [MS-RAI] and its engineers' article of 2011-10-31.
        #expect(
            try PassStub("RT=0PvIndan52*").proof(password: "Password1")
                == "3C9CAE0BCE7AB15C8AAC01D676045EDF3FFAF092E2DE368A2017E68A0DED7C90")
    }

    @Test(
        "has no other form than the specification's",
        arguments: [
            "", "<E/>", "<E><A KH=\"a\"/></E>", "<E><A ID=\"a\"/></E>", "<F><A KH=\"a\" ID=\"b\"/></F>",
            "<E><A KH=\"a\" ID=\"b\"/><C><T><L P=\"0\" N=\"a\"/></T></C></E>", "<E><A KH=\"a\" ID=\"b\"/><C><T><L N=\"a\"/></T></C></E>",
            "<E><A KH=\"a\" ID=\"b\"/><C><T><L P=\"1\" N=\"a b\"/></T></C></E>", "<E><A KH=\"a\" ID=\"b\"/>",
            "<E><A KH=\"a\" ID=\"b\"/>" + String(repeating: "<L P=\"1\" N=\"a\"/>", count: 65) + "</E>",
            "<!DOCTYPE E []><E><A KH=\"a\" ID=\"b\"/></E>",
        ])
    func malformed(_ text: String) {
        #expect(throws: IncidentError.malformed("LHTICKET")) { try ConnectionString2(text) }
    }

    @Test("tells of the later hash")
    func laterHash() throws {
        #expect(try ConnectionString2("<E><A KH=\"a\" KH2=\"sha256:b\" ID=\"c\"/><C/></E>").keyHash2 == "sha256:b")
    }
}

@Suite("RC4")
struct RC4Tests {
    /// RFC 6229 section 2: the first 16 bytes of the key stream, and those after 4080.
    @Test(
        "is the RFC's",
        arguments: [
            (5, "B2396305F03DC027CCC3524A0A1118A8", "068326A2118416D21F9D04B2CD1CA050"),
            (16, "9AC7CC9A609D1EF7B2932899CDE41B97", "FF38265C1642C1ABE8D3C2FE5E572BF8"),
        ])
    func stream(keyCount: Int, first: String, later: String) {
        var cipher = RC4(key: (1...keyCount).map(UInt8.init))
        let stream = cipher.encrypt([UInt8](repeating: 0, count: 4096))
        #expect(Array(stream[..<16]).upperCaseHexadecimal == first)
        #expect(Array(stream[4080...]).upperCaseHexadecimal == later)
    }
}
