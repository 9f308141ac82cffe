import Imp003
import Wording

/// Checks a value against its shape and reports every difference: unknown keys, missing keys, wrong kinds,
/// values out of range.
struct ShapeCheck {
    /// What is judged.
    enum Mode {
        /// A file that stands for itself.
        case whole
        /// A file that others complete: keys may be missing, or set to nothing (`~`) to take an inherited value away.
        case part
        /// What came of merging parts: each was judged in its own file, only keys that are missing now count.
        case merged
    }

    let problems: ProblemCollector
    let mode: Mode

    func check(_ node: ConfigNode, _ keys: KeySet, path: String = "") {
        guard let entries = node.entries else {
            return mode == .merged
                ? () : wrongType(node, path, allowed: "a map with \(Phrase.oneOf(keys.keys.map(\.name)))")
        }
        // A key that was meant by a misspelt one is not missing as well.
        var meant: Set<String> = []
        for entry in entries {
            let entryPath = path.isEmpty ? entry.key : "\(path).\(entry.key)"
            guard let key = keys[entry.key] else {
                if let suggestion = NearMiss.suggestion(for: entry.key, among: keys.keys.map(\.name)) {
                    meant.insert(suggestion)
                }
                if mode != .merged { reportUnknown(entry, among: keys, entryPath) }
                continue
            }
            if mode == .part, entry.value.isNothing { continue }
            check(entry.value, key.shape, path: entryPath)
        }
        guard mode != .part else { return }
        for key in keys.keys
        where key.isRequired && !meant.contains(key.name) && !entries.contains(where: { $0.key == key.name })
        {
            problems.report(
                .missingKey, at: node.origin, path: path, found: "no `\(key.name)`",
                allowed: Self.spoken(key.shape),
                remedy: "Add `\(key.name): …`.")
        }
    }

    private func reportUnknown(_ entry: ConfigEntry, among keys: KeySet, _ path: String) {
        let known = keys.keys.map(\.name)
        problems.report(
            .unknownKey, at: entry.keyOrigin, path: path,
            found: "the key `\(entry.key)` in \(Phrase.article(keys.name))",
            allowed: Phrase.oneOf(known, atMost: 20),
            remedy: Phrase.didYouMean(entry.key, among: known, otherwise: "Delete it, or see docs/sku.md."))
    }

    private func check(_ node: ConfigNode, _ shape: Shape, path: String) {
        switch shape {
        case .map(let keys): check(node, keys, path: path)
        case .list(let item, let count, let unique): checkList(node, item, count, unique, path)
        case .table(let form, let value, let count): checkTable(node, form, value, count, path)
        case .textOrList(let form, let list):
            if node.items != nil {
                check(node, list, path: path)
            } else {
                check(node, .text(form), path: path)
            }
        case .text, .integer, .number, .boolean, .duration, .size, .value:
            if mode != .merged { checkScalar(node, shape, path) }
        }
    }

    private func checkList(
        _ node: ConfigNode, _ item: Shape, _ count: ClosedRange<Int>, _ unique: Bool, _ path: String
    ) {
        if mode == .merged {
            for (index, element) in (node.items ?? []).enumerated() {
                check(element, item, path: "\(path)[\(index)]")
            }
            return
        }
        guard let items = node.items else {
            return wrongType(node, path, allowed: Self.spoken(.list(item, count: count)))
        }
        if !count.contains(items.count) {
            problems.report(
                .outOfRange, at: node.origin, path: path, found: "\(items.count) entries",
                allowed: "\(count.lowerBound) to \(count.upperBound)", remedy: "Shorten or fill the list.")
        }
        var seen: [String: Origin] = [:]
        for (index, element) in items.enumerated() {
            let itemPath = "\(path)[\(index)]"
            check(element, item, path: itemPath)
            guard unique, let text = element.text else { continue }
            if let first = seen[text] {
                problems.report(
                    .duplicateName, at: element.origin, path: itemPath,
                    found: "`\(text)` again, first on line \(first.line)",
                    allowed: "each entry once", remedy: "Delete one of them.")
            } else {
                seen[text] = element.origin
            }
        }
    }

    private func checkTable(
        _ node: ConfigNode, _ form: TextForm, _ value: Shape, _ count: ClosedRange<Int>, _ path: String
    ) {
        if mode == .merged { return }
        guard let entries = node.entries else { return wrongType(node, path, allowed: "a map") }
        if !count.contains(entries.count) {
            problems.report(
                .outOfRange, at: node.origin, path: path, found: "\(entries.count) keys",
                allowed: "\(count.lowerBound) to \(count.upperBound)", remedy: "Shorten or fill the map.")
        }
        for entry in entries {
            let entryPath = "\(path).\(entry.key)"
            if !form.accepts(entry.key) {
                reportForm(entry.key, spoken: "the key `\(entry.key)`", form, at: entry.keyOrigin, entryPath)
            }
            if mode == .part, entry.value.isNothing { continue }
            check(entry.value, value, path: entryPath)
        }
    }

    // MARK: - Scalars

    private func checkScalar(_ node: ConfigNode, _ shape: Shape, _ path: String) {
        guard let text = node.text else { return wrongType(node, path, allowed: Self.spoken(shape)) }
        switch shape {
        case .text(let form):
            if !form.accepts(text) { reportForm(text, spoken: node.spoken, form, at: node.origin, path) }
        case .boolean:
            guard ScalarReader.boolean(node) == nil else { return }
            wrongType(node, path, allowed: "true or false")
        case .integer(let range):
            guard !node.isQuoted, let value = Quantity.integer(text) else {
                return wrongType(node, path, allowed: Self.spoken(shape))
            }
            if !range.contains(value) {
                outOfRange(node, path, allowed: "\(range.lowerBound) to \(range.upperBound)")
            }
        case .number:
            guard !node.isQuoted, let value = Quantity.number(text) else {
                return wrongType(node, path, allowed: "a number")
            }
            if !value.isFinite { notFinite(node, path) }
        case .duration(let range):
            guard let value = Quantity.duration(text) else {
                return wrongType(
                    node, path, allowed: "a duration with its unit, such as 500 ms, 3 s or 2 min")
            }
            if !range.contains(value) {
                outOfRange(node, path, allowed: "\(range.lowerBound.spoken) to \(range.upperBound.spoken)")
            }
        case .size(let range):
            guard let value = Quantity.size(text) else {
                return wrongType(node, path, allowed: "bytes, such as 1 MiB, 448 KiB, 4096 or 0x1000")
            }
            if !range.contains(value) {
                outOfRange(
                    node, path,
                    allowed: "\(ByteCount.spoken(range.lowerBound)) to \(ByteCount.spoken(range.upperBound))")
            }
        case .value:
            switch ScalarReader.value(node) {
            case .value: break
            case .notFinite: notFinite(node, path)
            case .ambiguous:
                problems.report(
                    .wrongType, at: node.origin, path: path,
                    found: "\(node.spoken), which could mean several things",
                    allowed: "a plain number, true, false or a text",
                    remedy: "Put it in quotes if it is a text.")
            }
        case .list, .map, .table, .textOrList: break
        }
    }

    private func reportForm(
        _ text: String, spoken: String, _ form: TextForm, at origin: Origin, _ path: String
    ) {
        var remedy = form.words.map { Phrase.didYouMean(text, among: $0, otherwise: "Choose one of these.") }
        if remedy == nil {
            let variants = [text.lowercased(), text.uppercased()]
            remedy = variants.first { $0 != text && form.accepts($0) }.map { "Did you mean `\($0)`?" }
        }
        problems.report(
            form.code, at: origin, path: path, found: spoken, allowed: form.allowed,
            remedy: remedy ?? "Change it.")
    }

    private func wrongType(_ node: ConfigNode, _ path: String, allowed: String) {
        problems.report(
            .wrongType, at: node.origin, path: path, found: node.spoken, allowed: allowed,
            remedy: node.isQuoted ? "Leave the quotes out unless a text is meant." : "Change the value.")
    }

    private func outOfRange(_ node: ConfigNode, _ path: String, allowed: String) {
        problems.report(
            .outOfRange, at: node.origin, path: path, found: node.spoken, allowed: allowed,
            remedy: "Choose a value in this range.")
    }

    private func notFinite(_ node: ConfigNode, _ path: String) {
        problems.report(
            .notFinite, at: node.origin, path: path, found: node.spoken, allowed: "a finite number",
            remedy: "A limit that nothing can be compared with would pass or fail everything.")
    }

    /// What a shape allows, for "missing key" and "wrong type" messages.
    static func spoken(_ shape: Shape) -> String {
        switch shape {
        case .text(let form): form.allowed
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number: "a number"
        case .boolean: "true or false"
        case .duration: "a duration such as 3 s"
        case .size: "a size such as 1 MiB"
        case .list(.map(let keys), _, _): "a list of \(keys.name) maps"
        case .list: "a list"
        case .map(let keys): "a map with \(Phrase.oneOf(keys.keys.map(\.name)))"
        case .table: "a map"
        case .value: "a number, a text, true or false"
        case .textOrList(let form, _): "\(form.allowed), or a list"
        }
    }
}

/// Types a scalar by what the key wants, not by YAML's guesses.
enum ScalarReader {
    enum Value {
        case value(PlanValue)
        case notFinite
        case ambiguous
    }

    static func boolean(_ node: ConfigNode) -> Bool? {
        guard !node.isQuoted else { return nil }
        switch node.text {
        case "true": return true
        case "false": return false
        default: return nil
        }
    }

    /// Quoted: a text. Plain: number, boolean or text, unless YAML 1.1 or 1.2 readers would disagree about it
    /// (`yes`, `off`, `0123`, `20E5`), because a chip's ID must not become 2,000,000.
    static func value(_ node: ConfigNode) -> Value {
        guard case .scalar(let text, let quoted) = node.content else { return .ambiguous }
        if quoted { return .value(.text(text)) }
        if let boolean = boolean(node) { return .value(.boolean(boolean)) }
        if ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", ""].contains(text.lowercased())
        {
            return .ambiguous
        }
        let digits = text.drop { $0 == "-" || $0 == "+" }
        let isHex = digits.lowercased().hasPrefix("0x")
        if let number = Quantity.number(text) {
            guard number.isFinite else { return text.lowercased().contains("e") ? .ambiguous : .notFinite }
            if !isHex, text.lowercased().contains("e") { return .ambiguous }
            if !isHex, digits.count > 1, digits.hasPrefix("0"), !digits.hasPrefix("0.") { return .ambiguous }
            if let integer = Quantity.integer(text) { return .value(.integer(integer)) }
            return .value(.number(number))
        }
        return .value(.text(text))
    }
}
