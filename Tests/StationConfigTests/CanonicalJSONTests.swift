import Foundation
import Testing
import TimeAndChance

@testable import StationConfig

@Suite struct CanonicalJSONTests {
    /// ECMAScript's number forms, as RFC 8785 asks for.
    @Test(arguments: [
        (0.0, "0"), (-0.0, "0"), (1, "1"), (-1, "-1"), (3.3, "3.3"), (0.1, "0.1"), (100, "100"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"), (1.5e300, "1.5e+300"), (1e-6, "0.000001"), (1e-7, "1e-7"), (1.25e-9, "1.25e-9"),
        (123456.789, "123456.789"),
        (4.35, "4.35"), (9_007_199_254_740_992, "9007199254740992"), (.leastNonzeroMagnitude, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (333333333.3333333, "333333333.3333333"), (-60.5, "-60.5"),
        (0.30000000000000004, "0.30000000000000004"),
        (999_999_999_999_999_868_928, "999999999999999900000"), (1e23, "1e+23"), (0.000001234, "0.000001234"),
    ])
    func numbers(value: Double, expected: String) {
        #expect(CanonicalJSON.shortest(value) == expected)
    }

    @Test func numbersReadBack() {
        var dice = SeededGenerator(seed: 9)
        for _ in 0..<3000 {
            let value = Double(bitPattern: dice.next())
            guard value.isFinite else { continue }
            #expect(Double(CanonicalJSON.shortest(value)) == value, "seed 9, \(value)")
        }
    }

    @Test func keysAreSortedAndTextsEscaped() {
        let json = CanonicalJSON.object([
            "b": .list([.null, .boolean(true), .integer(-7)]), "a": .text("\"\\\u{1}\u{1F}\n\té/"),
            "aa": .object([:]), "B": .number(1.5),
        ])
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"B":1.5,"a":"\"\\\u0001\u001f\n\té/","aa":{},"b":[null,true,-7]}"#)
    }

    /// The same folder gives the same bytes in every process: known digests of the plan and of a work order.
    @Test func bytesAreStable() throws {
        let order = WorkOrder(
            id: "WO-1", file: "orders/x.yaml", sku: "s", market: nil, quantity: 2,
            serials: try SerialRange(prefix: "A", first: 1, last: 5, width: 3), operatorID: "op", due: nil)
        #expect(
            String(decoding: order.canonicalBytes, as: UTF8.self) == """
                {"operator":"op","order":"WO-1","quantity":2,"serials":{"first":1,"last":5,"prefix":"A","suffix":"",\
                "width":3},"sku":"s","type":"work-order","version":1}
                """)
        let plan = TestPlan(
            name: "p", file: "plans/p.yaml", planDescription: "not part of it", stopOnFail: true,

            steps: [
                PlanStep(
                    name: "led", action: .functional(test: "led", arguments: ["on": .boolean(true)]),
                    drive: ["b": .high],
                    timeout: .milliseconds(1500), retries: 1,
                    measurements: [
                        Measurement(name: "x", unit: "V", limit: .range(low: 3.2, high: nil)),
                        Measurement(name: "y", unit: nil, limit: .equals(.text("z"))),
                        Measurement(name: "r", unit: nil, limit: .recorded),
                        Measurement(name: "m", unit: nil, limit: .matches(try TextPattern("^a"))),
                    ]),
                PlanStep(
                    name: "rail", action: .instrument("rail_3v3"), drive: [:], timeout: .seconds(5),
                    retries: 0,
                    measurements: [Measurement(name: "v", unit: "V", limit: .range(low: nil, high: 3.4))]),
            ])
        #expect(
            String(decoding: plan.canonicalBytes, as: UTF8.self) == """
                {"plan":"p","steps":[{"arguments":{"on":true},"drive":{"b":"high"},"measurements":[\
                {"low":3.2,"name":"x","unit":"V"},{"equals":"z","name":"y"},{"name":"r","recordOnly":true},\
                {"matches":"^a","name":"m"}],"name":"led","retries":1,"test":"led","timeoutMilliseconds":1500},\
                {"fixture":"rail_3v3","measurements":[{"high":3.4,"name":"v","unit":"V"}],"name":"rail","retries":0,\
                "timeoutMilliseconds":5000}],"stopOnFail":true,"type":"test-plan","version":1}
                """)
    }

    /// Any JSON reader reads the canonical bytes of everything in the demo folder.
    @Test func isJSON() throws {
        let folder = try #require(Demo.folder)
        let all =
            folder.skus.flatMap { $0.variants.map(\.canonicalBytes) } + folder.plans.map(\.canonicalBytes)
            + folder.orders.map(\.canonicalBytes)
        for bytes in all { #expect(try JSONSerialization.jsonObject(with: Data(bytes)) is [String: Any]) }
    }

    @Test func valuesSurviveCoding() throws {
        for value in [
            PlanValue.integer(5), .number(2.5), .text("x"), .boolean(true), .integer(-1), .text("1"),
        ] {
            let data = try JSONEncoder().encode([value])
            #expect(try JSONDecoder().decode([PlanValue].self, from: data) == [value])
        }
    }
}
