import Imp003
import Yams

/// Turns the bytes of one YAML file into a `ConfigNode`, with every reason why that may not work.
struct YAMLText {
    /// Values in one file; a station's largest plan has a few hundred.
    static let maximumNodes = 20_000
    static let maximumDepth = 16

    let file: String
    let problems: ProblemCollector

    /// - Returns: the top map; nil when the text can't be used, with the reason reported.
    func read(_ bytes: [UInt8]) -> ConfigNode? {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let line = Self.firstInvalidLine(in: bytes)
            problems.report(
                .notUTF8, at: Origin(file: file, line: line, column: 0), found: "bytes that are not UTF-8",
                allowed: "UTF-8 text", remedy: "Save the file as UTF-8.")
            return nil
        }
        if refuse(YAMLScan.troubles(in: text)) { return nil }
        guard let root = compose(text) else { return nil }
        guard root.entries != nil else {
            problems.report(
                .wrongType,
                at: Origin(file: file, line: max(root.origin.line, 1), column: max(root.origin.column, 1)),
                found: root.spoken, allowed: "a map of keys",
                remedy: "Begin the file with `key: value` lines.")
            return nil
        }
        return root
    }

    private static func firstInvalidLine(in bytes: [UInt8]) -> Int {
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
        where String(validating: line, as: UTF8.self) == nil {
            return index + 1
        }
        return 1
    }

    /// - Returns: true when something was refused.
    private func refuse(_ troubles: [YAMLScan.Found]) -> Bool {
        if let tab = troubles.first(where: { $0.trouble == .tab }) {
            let more = troubles.count { $0.trouble == .tab } - 1
            problems.report(
                .tabIndentation, at: Origin(file: file, line: tab.line, column: tab.column),
                found: "a tab in the indentation" + (more > 0 ? " (and on \(more) more lines)" : ""),
                allowed: "blanks", remedy: "Replace tabs by blanks.")
        }
        for found in troubles {
            let origin = Origin(file: file, line: found.line, column: found.column)
            switch found.trouble {
            case .tab: continue
            case .anchor(let name), .alias(let name), .tag(let name):
                problems.report(
                    .anchorOrTag, at: origin, found: "`\(name)`", allowed: "plain values",
                    remedy:
                        "Write the value out (in quotes if it is text), or share it between SKUs with `extends`."
                )
            case .mergeKey:
                problems.report(
                    .anchorOrTag, at: origin, found: "the merge key `<<`", allowed: "plain keys",
                    remedy: "Share values between SKUs with `extends`.")
            case .tooDeep:
                problems.report(
                    .tooComplex, at: origin, found: "more than \(YAMLScan.maximumDepth) levels of nesting",
                    allowed: "at most \(YAMLScan.maximumDepth)", remedy: "No file here needs more than six.")
            }
        }
        return !troubles.isEmpty
    }

    // MARK: - Composing

    /// Composes, and goes on after duplicate keys so that all of them, and everything else, are found at once.
    private func compose(_ text: String) -> ConfigNode? {
        var text = text
        for round in 0..<50 {
            do {
                guard let node = try Yams.compose(yaml: text, .basic) else { return emptyMap }
                var count = 0
                return try convert(node, depth: 0, count: &count)
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                guard let key = keys.first,
                    let mended = report(duplicate: key, firstAt: context.mark, in: text, round: round)
                else { return nil }
                text = mended
            } catch let error as YamlError {
                report(error)
                return nil
            } catch {
                // `convert` has reported it.
                return nil
            }
        }
        return nil
    }

    private var emptyMap: ConfigNode {
        ConfigNode(origin: Origin(file: file, line: 1, column: 1), content: .map([]))
    }

    private static let duplicateMark = "__written-twice-"

    /// Reports a key that stands twice in one map.
    /// - Returns: the text with the second one renamed, or nil when it can't be found (in a one-line map).
    private func report(duplicate key: String, firstAt mark: Mark, in text: String, round: Int) -> String? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let second = lines.indices.dropFirst(mark.line).first { index in
            let line = lines[index].utf8
            let indent = line.prefix { $0 == 0x20 }.count
            return indent == mark.column - 1
                && lines[index].dropFirst(indent).hasPrefix(key)
                && lines[index].dropFirst(indent + key.count).drop { $0 == " " }.hasPrefix(":")
        }
        let shown = key.replacing(Self.duplicateMark, with: " ")
        problems.report(
            .duplicateKey,
            at: Origin(file: file, line: second.map { $0 + 1 } ?? mark.line, column: mark.column),
            path: shown,
            found: second == nil
                ? "`\(shown)` twice in this map" : "`\(shown)` again, first on line \(mark.line)",
            allowed: "each key once", remedy: "Delete one of them.")
        guard let second else { return nil }
        let indent = mark.column - 1
        lines[second] =
            String(lines[second].prefix(indent + key.count)) + Self.duplicateMark + String(round)
            + String(lines[second].dropFirst(indent + key.count))
        return lines.joined(separator: "\n")
    }

    private func report(_ error: YamlError) {
        let sentence: String
        var mark: Mark?
        switch error {
        case .scanner(let context, let problem, let where_, _),
            .parser(let context, let problem, let where_, _),
            .composer(let context, let problem, let where_, _):
            sentence = [context?.text, problem].compactMap { $0 }.filter { !$0.isEmpty }.joined(
                separator: ", ")
            mark = where_
        case .reader(let problem, let offset, _, _):
            sentence = problem + (offset.map { " (byte \($0))" } ?? "")
        default:
            sentence = "the YAML reader gave up"
        }
        problems.report(
            .yamlSyntax, at: Origin(file: file, line: mark?.line ?? 0, column: mark?.column ?? 0),
            found: sentence, allowed: "YAML",
            remedy: "Look at this line and the one above: indentation, a missing colon or an open quote.")
    }

    private struct Refused: Error {}

    private func convert(_ node: Node, depth: Int, count: inout Int) throws -> ConfigNode {
        count += 1
        let mark = node.mark
        let origin = Origin(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1)
        guard count <= Self.maximumNodes, depth <= Self.maximumDepth else {
            problems.report(
                .tooComplex, at: origin,
                found: depth > Self.maximumDepth
                    ? "more than \(Self.maximumDepth) levels of nesting"
                    : "more than \(Self.maximumNodes) values",
                allowed: "at most \(Self.maximumDepth) levels and \(Self.maximumNodes) values",
                remedy: "Split the file.")
            throw Refused()
        }
        switch node {
        case .scalar(let scalar):
            return ConfigNode(origin: origin, content: .scalar(scalar.string, quoted: scalar.style != .plain))
        case .sequence(let sequence):
            var items: [ConfigNode] = []
            for item in sequence { items.append(try convert(item, depth: depth + 1, count: &count)) }
            return ConfigNode(origin: origin, content: .list(items))
        case .mapping(let mapping):
            var entries: [ConfigEntry] = []
            for (key, value) in mapping {
                let name = try convert(key, depth: depth + 1, count: &count)
                let read = try convert(value, depth: depth + 1, count: &count)
                guard case .scalar(let text, _) = name.content else {
                    problems.report(
                        .wrongType, at: name.origin, found: "\(name.spoken) as a key", allowed: "a word",
                        remedy: "Write `key: value`.")
                    continue
                }
                if text.contains(Self.duplicateMark) { continue }
                entries.append(ConfigEntry(key: text, keyOrigin: name.origin, value: read))
            }
            return ConfigNode(origin: origin, content: .map(entries))
        case .alias:
            problems.report(.anchorOrTag, at: origin, found: "an alias", allowed: "plain values")
            throw Refused()
        }
    }
}
