import Mustache

/// The texts of one language for templates, `{{t.key}}`, and for code.
struct Words: MustacheParent, Sendable {
    let language: Language

    /// A text with its placeholders filled; the key itself when nobody wrote the text.
    func say(_ key: String, _ values: [String: String] = [:]) -> String {
        guard let text = language.texts[key] ?? Language.english.texts[key] else { return key }
        guard !values.isEmpty else { return text }
        var result = ""
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            let name = String(rest[rest.index(after: open)..<close])
            result += values[name] ?? "{\(name)}"
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    func has(_ key: String) -> Bool { language.texts[key] != nil || Language.english.texts[key] != nil }

    func child(named: String) -> Any? { say(named) }

    /// All texts whose keys begin so, without that beginning: what a script needs.
    func group(_ prefix: String) -> [String: String] {
        var group: [String: String] = [:]
        for (key, text) in Language.english.texts.merging(language.texts, uniquingKeysWith: { $1 })
        where key.hasPrefix(prefix) {
            group[String(key.dropFirst(prefix.count))] = text
        }
        return group
    }
}
