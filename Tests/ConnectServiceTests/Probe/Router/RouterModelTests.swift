import ConnectService
import Testing

@Suite("What a router says it is")
struct RouterModelTests {
    @Test(
        "its maker and model, from its description",
        arguments: [
            (
                "<root><device><manufacturer>AVM &amp; Co</manufacturer><modelName> Box 7590 </modelName>"
                    + "<deviceList><device><modelName>inner</modelName></device></deviceList></device></root>",
                "AVM & Co Box 7590"
            ),
            ("<root><device><modelName>Box</modelName><modelNumber>7</modelNumber></device></root>", "Box 7"),
            ("<manufacturer>Acme</manufacturer><modelName>Acme Wall</modelName>", "Acme Wall"),
            ("<manufacturer>Acme</manufacturer>", "Acme"),
            ("<root></root>", nil), ("<modelName></modelName>", nil), ("<modelName><b/></modelName>", nil),
            ("<modelName>never ends", nil), ("</modelName><modelName>", nil), ("", nil),
        ] as [(String, String?)])
    func model(_ description: String, _ expected: String?) {
        #expect(RouterModel.name(in: description) == expected)
    }

    @Test("no longer than a table can take")
    func long() {
        let name = RouterModel.name(in: "<modelName>\(String(repeating: "x", count: 9999))</modelName>")
        #expect(name?.count == 64)
    }
}
