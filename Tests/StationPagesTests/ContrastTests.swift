import Foundation
import Testing

@testable import StationPages

/// Colours of the style sheets against each other: WCAG 2.2, 1.4.3 (text 4.5 : 1) and 1.4.11 (shapes 3 : 1).
@Suite struct ContrastTests {
    static func style(_ name: String) -> String {
        Assets.all[name].map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
    }

    /// `--name: #rrggbb` of the root.
    static let colours: [String: String] = {
        var found = ["#fff": "#ffffff"]
        for match in style("base.css").matches(of: /--([a-z-]+): (#[0-9a-f]{6})/) {
            found["--" + String(match.1)] = String(match.2)
        }
        return found
    }()

    static func luminance(_ hex: String) -> Double {
        let digits = hex.dropFirst()
        let parts = stride(from: 0, to: 6, by: 2).map { offset -> Double in
            let start = digits.index(digits.startIndex, offsetBy: offset)
            let value = Double(Int(digits[start..<digits.index(start, offsetBy: 2)], radix: 16) ?? 0) / 255
            return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    static func contrast(_ a: String, _ b: String) -> Double {
        let (x, y) = (luminance(a), luminance(b))
        return (max(x, y) + 0.05) / (min(x, y) + 0.05)
    }

    @Test func tilesAreReadable() throws {
        let style = Self.style("operator.css")
        var checked = 0
        for match in style.matches(
            of: /\[data-phase="([a-z]+)"\] \{ --fill: ([^;]+); --edge: ([^;]+); --on: ([^;]+);/)
        {
            func colour(_ text: Substring) -> String {
                let name = text.replacing("var(", with: "").replacing(")", with: "")
                return Self.colours[String(name)] ?? String(name)
            }
            let (fill, edge, on) = (colour(match.2), colour(match.3), colour(match.4))
            #expect(Self.contrast(fill, on) >= 4.5, "\(match.1): \(on) on \(fill)")
            // The tile against the page, by its fill or by its edge.
            let ground = try #require(Self.colours["--ground"])
            let stands = max(Self.contrast(ground, edge), Self.contrast(ground, fill))
            #expect(stands >= (match.1 == "empty" ? 2 : 3), "\(match.1): \(stands)")
            checked += 1
        }
        #expect(checked == SlotPhase.allCases.count)
    }

    @Test(arguments: [
        ("--ink", "--paper"), ("--ink", "--ground"), ("--quiet", "--paper"), ("--quiet", "--ground"),
        ("--blue", "--paper"), ("--blue", "--ground"), ("--blue", "--blue-soft"), ("--green", "--paper"),
        ("--green", "--green-soft"), ("--red", "--paper"), ("--red", "--red-soft"),
        ("--purple", "--purple-soft"),
        ("--amber-ink", "--amber"), ("--amber-ink", "--amber-soft"), ("--bar-ink", "--bar"),
        ("--bar-quiet", "--bar"),
        ("#fff", "--blue"), ("#fff", "--green"), ("#fff", "--red"), ("#fff", "--purple"), ("#fff", "--grey"),
    ]) func textsAreReadable(text: String, ground: String) throws {
        let (a, b) = (try #require(Self.colours[text]), try #require(Self.colours[ground]))
        #expect(Self.contrast(a, b) >= 4.5, "\(text) on \(ground): \(Self.contrast(a, b))")
    }
}
