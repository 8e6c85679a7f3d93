import Testing

@testable import Incident

@Suite("A Windows invitation")
struct IncidentFileTests {
    @Test("says who asks, where, and until when, in whichever characters it was written", arguments: Encoding.allCases)
    func firstType(encoding: Encoding) throws {
        let file = try IncidentFile(parsing: encoding.bytes(Sample.firstType))
        #expect(file.kind == .windowsXP)
        #expect(file.userName == "Zoë & Ann")
        #expect(file.connectionString1?.addresses.map(\.description) == ["192.0.2.7:3389", "ann_pc:3389"])
        #expect(file.connectionString1?.sessionID == "c2Vzc2lvbg==")
        #expect(file.connectionString1?.keyHash == "aGFzaA==")
        #expect(file.passStub?.text == "ab*1C_d2")
        #expect(file.created == 1_000_000_000)
        #expect(file.expires == 1_000_003_600)
        #expect(file.needsPassword)
        #expect(IncidentFile.looksLike(encoding.bytes(Sample.firstType)))
    }

    @Test("may have no password, no name, no time and lines that a mail program broke")
    func bare() throws {
        let file = try IncidentFile(
            parsing: Array("<UPLOADINFO TYPE=\"Escalated\"><UPLOADDATA RCTICKET=\"65538,1,192.0.2.7:33\n 89,*,a,*,*,b\"/></UPLOADINFO>".utf8))
        #expect(file.connectionString1?.addresses.map(\.description) == ["192.0.2.7:3389"])
        #expect(!file.needsPassword)
        #expect(file.userName == nil && file.created == nil && file.expires == nil)
    }

    @Test("is the same after it was written for another program")
    func canonical() throws {
        let file = try IncidentFile(parsing: Array(Sample.firstType.utf8))
        #expect(try IncidentFile(parsing: Array(file.canonicalContents.utf8)) == file)
        #expect(file.canonicalContents.contains("USERNAME=\"Zoë &amp; Ann\" RCTICKET=\"65538,1,192.0.2.7:3389;ann_pc:3389,*,"))
    }

    @Test("has one address twice for a program that refuses a list of one")
    func oneAddress() throws {
        let text = Sample.firstType.replacing(";ann_pc:3389", with: "")
        let again = try IncidentFile(parsing: Array(try IncidentFile(parsing: Array(text.utf8)).canonicalContents.utf8))
        #expect(again.connectionString1?.addresses.map(\.host) == ["192.0.2.7", "192.0.2.7"])
    }

    @Test(
        "is refused when it is something else",
        arguments: [
            "", "<", "<UPLOADINFO>", "<?xml", "<?xml version=\"1.0\"", "{\"version\":1}", "<UPLOADINFO/>",
            "<A><UPLOADDATA RCTICKET=\"65538,1,a:1,*,b,*,*,c\"/></A>",
            "<!DOCTYPE x [<!ENTITY e \"eeee\">]><UPLOADINFO><UPLOADDATA USERNAME=\"&e;\" RCTICKET=\"65538,1,a:1,*,b,*,*,c\"/></UPLOADINFO>",
            "<UPLOADINFO>" + String(repeating: "<A/>", count: 201) + "<UPLOADDATA/></UPLOADINFO>",
            String(repeating: " ", count: IncidentFile.maximumSize + 1),
        ])
    func something(else text: String) {
        #expect(throws: IncidentError.notAnInvitation) { try IncidentFile(parsing: Array(text.utf8)) }
    }

    @Test(
        "is refused when a part of it is damaged",
        arguments: [
            ("65538,1,192.0.2.7:3389;ann_pc:3389", "65537,1,192.0.2.7:3389", "RCTICKET"),
            ("192.0.2.7:3389", "192.0.2.7", "RCTICKET"), ("192.0.2.7:3389", "192.0.2.7:0", "RCTICKET"),
            ("192.0.2.7:3389", "-oProxyCommand=x:3389", "RCTICKET"), ("192.0.2.7:3389", "a/b:3389", "RCTICKET"),
            ("ann_pc:3389", String(repeating: "a:1;", count: 64), "RCTICKET"),
            (",*,*,", ",*,", "RCTICKET"), ("\"60\"", "\"-60\"", "DtLength"), ("\"60\"", "\"99999999999\"", "DtLength"),
            ("PassStub", "LHTICKET=\"0G\" PassStub", "LHTICKET"), ("PassStub", "LHTICKET=\"00\" PassStub", "LHTICKET"),
            ("ab*1C_d2", String(repeating: "a", count: 257), "PassStub"),
            ("RCTICKET=\"65538,1,192.0.2.7:3389;ann_pc:3389,*,c2Vzc2lvbg==,*,*,aGFzaA==\"", "", "RCTICKET"),
        ])
    func damaged(part: String, by wrong: String, name: String) {
        let text = Sample.firstType.replacing(part, with: wrong)
        #expect(text != Sample.firstType)
        #expect(throws: IncidentError.malformed(name)) { try IncidentFile(parsing: Array(text.utf8)) }
    }

    @Test("that would be good for longer than anybody can count says no time")
    func endless() throws {
        var file = try IncidentFile(parsing: Array(Sample.firstType.utf8))
        file.minutes = .max
        #expect(file.expires == nil)
        file.minutes = 1
        file.created = .max
        #expect(file.expires == nil)
    }

    enum Encoding: CaseIterable {
        case utf8, utf8WithMark, utf16LittleEndian, utf16LittleEndianWithoutMark, utf16BigEndian

        func bytes(_ text: String) -> [UInt8] {
            switch self {
            case .utf8: Array(text.utf8)
            case .utf8WithMark: [0xEF, 0xBB, 0xBF] + Array(text.utf8)
            case .utf16LittleEndian: [0xFF, 0xFE] + text.utf16LittleEndian
            case .utf16LittleEndianWithoutMark: text.utf16LittleEndian
            case .utf16BigEndian: [0xFE, 0xFF] + text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
            }
        }
    }
}

/// An invitation of the first type as Windows XP writes it, of somebody who does not exist.
enum Sample {
    static let firstType = """
        <?xml version="1.0" encoding="Unicode" ?><UPLOADINFO TYPE="Escalated"><UPLOADDATA USERNAME="Zoë &amp; Ann" \
        RCTICKET="65538,1,192.0.2.7:3389;ann_pc:3389,*,c2Vzc2lvbg==,*,*,aGFzaA==" RCTICKETENCRYPTED="1" \
        DtStart="1000000000" DtLength="60" PassStub="ab*1C_d2" L="0" /></UPLOADINFO>
        """
}
