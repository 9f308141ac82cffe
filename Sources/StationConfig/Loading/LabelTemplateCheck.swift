import Imp003

/// Looks over a ZPL II label with Mustache fields: one label, known fields, no way for a value to become a command.
struct LabelTemplateCheck {
    let file: String
    let problems: ProblemCollector

    func check(_ text: String) {
        checkEnds(text)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            checkFields(String(line), line: index + 1)
        }
    }

    private func checkEnds(_ text: String) {
        let starts = text.ranges(of: "^XA").count
        let ends = text.ranges(of: "^XZ").count
        guard starts != 1 || ends != 1 else { return }
        problems.report(
            .labelNotZPL, at: .wholeFile(file), found: "\(starts) × ^XA and \(ends) × ^XZ",
            allowed: "one of each",
            remedy: "A template is one ZPL II label, from ^XA to ^XZ.")
    }

    private func checkFields(_ line: String, line number: Int) {
        var rest = line[...]
        while let open = rest.firstRange(of: "{{") {
            let column = line.unicodeScalars.distance(from: line.startIndex, to: open.lowerBound) + 1
            let origin = Origin(file: file, line: number, column: column)
            let isTriple = rest[open.upperBound...].hasPrefix("{")
            guard let close = rest[open.upperBound...].firstRange(of: isTriple ? "}}}" : "}}") else {
                problems.report(
                    .labelField, at: origin, found: "a {{ without }} on its line", allowed: "{{{field}}}",
                    remedy: "Close it.")
                return
            }
            let inner = rest[open.upperBound..<close.lowerBound].drop { $0 == "{" }
            rest = rest[close.upperBound...]
            check(field: inner.trimmingBlanks, isTriple: isTriple, at: origin)
        }
    }

    private func check(field: String, isTriple: Bool, at origin: Origin) {
        if field.hasPrefix("!") { return }
        let known = LabelField.allCases.map(\.rawValue)
        guard isTriple || field.hasPrefix("&") else {
            problems.report(
                .labelField, at: origin, found: "{{\(field)}}", allowed: "{{{field}}}",
                remedy: "Two braces would write & as &amp; on the label: use three.")
            return
        }
        let name = field.hasPrefix("&") ? field.dropFirst().trimmingBlanks : field
        guard !known.contains(name) else { return }
        problems.report(
            .labelField, at: origin, found: "the field `\(name)`", allowed: Phrase.oneOf(known, atMost: 20),
            remedy: Phrase.didYouMean(name, among: known, otherwise: "Choose one of these."))
    }
}

extension StringProtocol {
    /// Without blanks at both ends.
    fileprivate var trimmingBlanks: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
