import Testing
import TimeAndChance

@testable import StationConfig

/// What passes and what does not.
@Suite struct JudgementTests {
    typealias Row = (limit: MeasurementLimit, value: MeasuredValue?, expected: Judgement)

    static let range: [Row] = [
        (.range(low: 3.2, high: 3.4), .number(3.2), .pass),
        (.range(low: 3.2, high: 3.4), .number(3.4), .pass),
        (.range(low: 3.2, high: 3.4), .number(3.2.nextDown), .fail(.below(value: 3.2.nextDown, low: 3.2))),
        (.range(low: 3.2, high: 3.4), .number(3.4.nextUp), .fail(.above(value: 3.4.nextUp, high: 3.4))),
        (.range(low: 3, high: 3), .integer(3), .pass), (.range(low: -60, high: nil), .integer(-60), .pass),
        (.range(low: -60, high: nil), .integer(-61), .fail(.below(value: -61, low: -60))),
        (.range(low: nil, high: 5), .number(-.infinity), .pass),
        (.range(low: nil, high: 5), .number(.infinity), .fail(.above(value: .infinity, high: 5))),
        (.range(low: 0, high: 1), .number(.nan), .fail(.notANumber)),
        (.range(low: 0, high: 1), nil, .fail(.missing)),
        (.range(low: 0, high: 1), .text("0.5"), .fail(.wrongType(expected: "a number", found: .text("0.5")))),
        (
            .range(low: 0, high: 1), .boolean(true),
            .fail(.wrongType(expected: "a number", found: .boolean(true)))
        ),
        (.range(low: nil, high: nil), .number(1), .fail(.missing)),
        (.range(low: 0, high: 1), .number(-0.0), .pass),
    ]

    static let equals: [Row] = [
        (.equals(.integer(3)), .integer(3), .pass), (.equals(.integer(3)), .number(3.0), .pass),
        (.equals(.number(3.5)), .number(3.5), .pass), (.equals(.number(3)), .integer(3), .pass),
        (.equals(.integer(3)), .integer(4), .fail(.notEqual(expected: .integer(3), found: .integer(4)))),
        (.equals(.integer(3)), .text("3"), .fail(.wrongType(expected: "a number", found: .text("3")))),
        (.equals(.text("EF4016")), .text("EF4016"), .pass),
        (
            .equals(.text("EF4016")), .text("ef4016"),
            .fail(.notEqual(expected: .text("EF4016"), found: .text("ef4016")))
        ),
        (
            .equals(.text("é")), .text("e\u{301}"),
            .fail(.notEqual(expected: .text("é"), found: .text("e\u{301}")))
        ),
        (.equals(.text("")), .text(""), .pass), (.equals(.text("")), nil, .fail(.missing)),
        (.equals(.boolean(true)), .boolean(true), .pass),
        (
            .equals(.boolean(true)), .boolean(false),
            .fail(.notEqual(expected: .boolean(true), found: .boolean(false)))
        ),
        (
            .equals(.boolean(true)), .integer(1),
            .fail(.wrongType(expected: "true or false", found: .integer(1)))
        ),
        (.equals(.number(.nan)), .number(.nan), .fail(.notANumber)),
        (
            .equals(.integer(.max)), .integer(.max - 1),
            .fail(.notEqual(expected: .integer(.max), found: .integer(.max - 1)))
        ),
    ]

    static func others() throws -> [Row] {
        let pattern = MeasurementLimit.matches(try TextPattern("^factory-1\\."))
        let long = String(repeating: "a", count: MeasurementLimit.maximumTextLength + 1)
        return [
            (pattern, .text("factory-1.2"), .pass),
            (pattern, .text("factory-2.2"), .fail(.noMatch(pattern: "^factory-1\\.", found: "factory-2.2"))),
            (pattern, .integer(1), .fail(.wrongType(expected: "a text", found: .integer(1)))),
            (pattern, nil, .fail(.missing)),
            (pattern, .text(long), .fail(.tooLong(bytes: 4097))), (.recorded, .text("x"), .pass),
            (.recorded, .boolean(false), .pass),
            (.recorded, .number(-.infinity), .pass), (.recorded, nil, .fail(.missing)),
            (.recorded, .number(.nan), .fail(.notANumber)),
            (.recorded, .text(long), .fail(.tooLong(bytes: 4097))),
            (.equals(.text(long)), .text(long), .fail(.tooLong(bytes: 4097))),
        ]
    }

    @Test func table() throws {
        for (limit, value, expected) in Self.range + Self.equals + (try Self.others()) {
            #expect(limit.judge(value) == expected, "\(limit) of \(String(describing: value))")
            #expect(limit.judge(value).passed == (expected == .pass))
        }
    }

    /// The loader refuses such a limit; should one get here all the same, it must not pass everything.
    @Test func aLimitThatIsNoNumberPassesNothing() {
        #expect(!MeasurementLimit.range(low: .nan, high: 1).judge(.number(0)).passed)
        #expect(!MeasurementLimit.range(low: nil, high: .nan).judge(.number(0)).passed)
    }

    /// No kind of value passes every limit by accident: what is not there never passes.
    @Test func nothingPassesWithoutAValue() throws {
        for limit in (Self.range + Self.equals + (try Self.others())).map(\.limit) {
            #expect(limit.judge(nil) == .fail(.missing))
        }
    }

    @Test func rangesAgreeWithArithmetic() {
        var dice = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let numbers = (0..<3).map { _ in Double(Int.random(in: -20...20, using: &dice)) / 4 }
            let low = Bool.random(using: &dice) ? numbers[0] : nil
            let high = Bool.random(using: &dice) ? numbers[1] : nil
            guard low != nil || high != nil else { continue }
            let inside = (low.map { numbers[2] >= $0 } ?? true) && (high.map { numbers[2] <= $0 } ?? true)
            #expect(
                MeasurementLimit.range(low: low, high: high).judge(.number(numbers[2])).passed == inside,
                "seed 3, \(numbers)")
        }
    }

    @Test func reasonsReadWellAndAreClean() {
        let judged: [(MeasurementLimit, MeasuredValue?, String)] = [
            (.range(low: 3.2, high: 3.4), .number(3.17), "3.17 is below 3.2"),
            (.range(low: 3.2, high: nil), nil, "no value was reported"),
            (.equals(.text("A")), .text("B\u{1B}[31m"), "`B␣[31m` instead of `A`"),
            (
                .equals(.boolean(true)), .text(String(repeating: "x", count: 100)),
                "true or false was expected, `\(String(repeating: "x", count: 60))…` was reported"
            ),
        ]
        for (limit, value, text) in judged {
            guard case .fail(let reason) = limit.judge(value) else {
                Issue.record("\(text) passed")
                continue
            }
            #expect(reason.description == text)
        }
        #expect(MeasurementLimit.range(low: 3.2, high: 3.4).description == "3.2 … 3.4")
        #expect(MeasurementLimit.range(low: -60, high: nil).description == "at least -60")
        #expect(MeasurementLimit.equals(.integer(51)).description == "= 51")
    }
}
