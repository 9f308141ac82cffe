import Foundation
import Testing

@testable import Imp003

@Suite struct ChannelSetTests {
    @Test func allSetsReadBack() throws {
        for bits in 0..<(1 << 14) {
            let numbers = (1...14).filter { bits & 1 << ($0 - 1) != 0 }
            let set = try #require(ChannelSet(numbers: numbers))
            if try ChannelSet(parsing: set.description) != set || set.numbers != numbers
                || set.count != numbers.count
            {
                Issue.record("\(numbers) is printed as \(set)")
            }
        }
    }

    static let texts: [(text: String, printed: String)] = [
        ("1-11", "1-11"), ("1-11,13", "1-11,13"), ("13,1", "1,13"), (" 1 - 3 , 4 ", "1-4"), ("none", "none"),
        ("14", "14"),
        ("1,2,3", "1-3"), ("6-6", "6"), ("1-2", "1-2"),
    ]

    @Test(arguments: texts)
    func reads(text: String, printed: String) throws {
        #expect(try ChannelSet(parsing: text).description == printed)
    }

    static let refused: [(text: String, error: ChannelSetError)] = [
        ("", .empty), ("  ", .empty), ("1-", .malformed(text: "1-")), ("-3", .malformed(text: "-3")),
        ("1,,2", .malformed(text: "1,,2")), ("1-2-3", .malformed(text: "1-2-3")),
        ("a", .malformed(text: "a")),
        ("+1", .malformed(text: "+1")), ("0", .outOfRange(number: "0")), ("1-15", .outOfRange(number: "15")),
        ("99999999999999999999", .outOfRange(number: "99999999999999999999")),
        ("11-1", .backwards(run: "11-1")),
        ("1-5,3", .namedTwice(channel: 3, text: "1-5,3")), ("None", .malformed(text: "None")),
    ]

    @Test(arguments: refused)
    func refuses(text: String, error: ChannelSetError) {
        #expect(throws: error) { try ChannelSet(parsing: text) }
    }

    @Test func behavesAsASet() {
        let eleven = ChannelSet.oneToEleven
        let thirteen = ChannelSet.oneToThirteen
        #expect(eleven.isStrictSubset(of: thirteen) && thirteen.isSuperset(of: eleven))
        #expect(thirteen.subtracting(eleven) == [12, 13])
        #expect(thirteen.intersection([12, 14]) == [12])
        #expect(ChannelSet([1, 2]).symmetricDifference([2, 3]) == [1, 3])
        var set: ChannelSet = []
        #expect(set.insert(5).inserted && !set.insert(5).inserted)
        #expect(set.remove(6) == nil && set.remove(5) == 5 && set.isEmpty)
        #expect(ChannelSet(numbers: [0]) == nil && ChannelSet(numbers: [15]) == nil)
        #expect(ChannelSet.all.count == 14)
    }

    @Test func centerFrequencies() {
        let expected = [2412, 2417, 2422, 2427, 2432, 2437, 2442, 2447, 2452, 2457, 2462, 2467, 2472, 2484]
        #expect(Channel.all.map(\.centerFrequencyMHz) == expected)
        #expect(Channel(rawValue: 0) == nil && Channel(rawValue: 15) == nil)
    }

    @Test func travelsAsText() throws {
        let json = try JSONEncoder().encode([ChannelSet.oneToEleven])
        #expect(String(decoding: json, as: UTF8.self) == #"["1-11"]"#)
        #expect(try JSONDecoder().decode([ChannelSet].self, from: json) == [.oneToEleven])
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode([Channel].self, from: Data("[15]".utf8))
        }
    }
}

@Suite struct RegionCodeTests {
    /// Every code that the vendor has published, taken apart.
    static let published: [(code: UInt32, ccode: String, regrev: Int)] = [
        (0x0000_5355, "US", 0), (0x0000_4247, "GB", 0), (0x0000_5A58, "XZ", 0), (0x0023_5A58, "XZ", 35),
        (0x0011_5858, "XX", 17), (0x03B6_4143, "CA", 950), (0x037F_3045, "E0", 895), (0x03B8_504A, "JP", 952),
    ]

    @Test(arguments: published)
    func packing(code: UInt32, ccode: String, regrev: Int) throws {
        let parts = try #require(RegionCode.unpack(code))
        #expect(parts.ccode == ccode && parts.regrev == regrev)
        let isOfImp003 = ["US", "GB"].contains(ccode)
        #expect((RegionCode(rawValue: code) != nil) == isOfImp003)
    }

    @Test func twoCodesAndNoMore() {
        #expect(RegionCode.allCases.map(\.rawValue) == [0x5355, 0x4247])
        #expect(RegionCode.us.readBack == "00005355" && RegionCode.gb.readBack == "00004247")
        #expect(RegionCode.us.ccode == "US" && RegionCode.gb.ccode == "GB")
        #expect(RegionCode.us.regrev == 0 && RegionCode.gb.regrev == 0)
        #expect(RegionCode.us.channels.description == "1-11" && RegionCode.gb.channels.description == "1-13")
        #expect(RegionCode.us.matches(readBack: "00005355"))
        for answer in ["5355", "0x00005355", "00004247", "", "00005355\0"] {
            #expect(!RegionCode.us.matches(readBack: answer), "\(answer)")
        }
        #expect(RegionCode.unpack(0) == nil)
    }

    @Test(arguments: ["0x00005355", "0X5355", "00005355", "5355", "0x0000_5355", "000000000000000005355"])
    func readsHexadecimal(text: String) throws {
        #expect(try RegionCode(parsing: text) == .us)
    }

    static let refused: [(text: String, error: RegionCodeError)] = [
        ("", .malformed(found: "")), ("0x", .malformed(found: "0x")), ("US", .malformed(found: "US")),
        ("0x5355 ", .malformed(found: "0x5355 ")), ("-5355", .malformed(found: "-5355")),
        ("_5355", .malformed(found: "_5355")), ("0x100005355", .malformed(found: "0x100005355")),
        ("0x00115858", .unknownCode(0x0011_5858)), ("21333", .unknownCode(0x21333)), ("0", .unknownCode(0)),
        ("0x00005553", .unknownCode(0x5553)),
    ]

    @Test(arguments: refused)
    func refuses(text: String, error: RegionCodeError) {
        #expect(throws: error) { try RegionCode(parsing: text) }
        #expect(error.description.contains("0x00005355") && error.description.contains("0x00004247"))
    }

    @Test func hostileLengthIsRefused() {
        #expect(throws: RegionCodeError.self) {
            try RegionCode(parsing: String(repeating: "F", count: 100_000))
        }
    }

    @Test func travelsAsText() throws {
        let json = try JSONEncoder().encode([RegionCode.gb])
        #expect(String(decoding: json, as: UTF8.self) == #"["0x00004247"]"#)
        #expect(try JSONDecoder().decode([RegionCode].self, from: Data(#"["4247"]"#.utf8)) == [.gb])
    }
}

@Suite struct CountryCodeTests {
    @Test func readsTwoLetters() throws {
        #expect(try CountryCode(parsing: "de").text == "DE")
        #expect(try CountryCode(parsing: "00") == .world)
        #expect(try CountryCode(parsing: "AT") < CountryCode(parsing: "BE"))
    }

    @Test(arguments: ["", "D", "DEU", "D1", "01", "0A", "ÄÖ", "D ", "É"])
    func refusesOtherShapes(text: String) {
        #expect(throws: CountryCodeError.self) { try CountryCode(parsing: text) }
    }

    @Test func threeLettersGetAHint() {
        #expect(throws: CountryCodeError.malformed(found: "deu", alias: "DE")) {
            try CountryCode(parsing: "deu")
        }
        #expect(
            CountryCodeError.malformed(found: "deu", alias: "DE").description.hasSuffix("did you mean DE?"))
    }
}
