import NetPrimitives
import Testing

@Suite("JSON in a given order")
struct OrderedJSONTests {
    @Test("is written on one line, and every kind of value has its form")
    func forms() {
        let value: OrderedJSON = .object([
            "b": .number(UInt64.max), "a": .array([.null, .boolean(true), .number(-1), .literal("0.5")]), "a b": .object([:]),
            "none": .optional(String?.none), "some": .optional(12 as Int?),
        ])
        #expect(value.text == #"{"b":18446744073709551615,"a":[null,true,-1,0.5],"a b":{},"none":null,"some":"12"}"#)
    }

    @Test("a string shows what one can see, and names the rest", arguments: [
        ("", ""), ("é😀/", "é😀/"), ("a \"b\" \\ \n\r\t", #"a \"b\" \\ \n\r\t"#), ("\u{1}\u{7F}\u{85}\u{2028}", #"\u0001\u007f\u0085\u2028"#),
        ("\u{202E}\u{200D}\u{A0}", #"\u202e\u200d\u00a0"#), ("\u{F0000}", #"\udb80\udc00"#),
    ])
    func strings(value: String, written: String) { #expect(OrderedJSON.quoted(value) == "\"\(written)\"") }
}
