import Yams

/// A language that pages speak: one file of texts.
///
/// A file is YAML: a map from keys to texts, `language` being the language's own name for itself. Texts may hold
/// `{placeholders}`. Keys that a file lacks are said in English.
public struct Language: Equatable, Sendable {
    /// BCP 47: `en`, `zh-Hans`.
    public let code: String
    public let texts: [String: String]

    /// What is wrong with a file.
    public struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
        public var code: String
        public var problem: String
        public var description: String {
            "The texts of language \(code) can't be used: \(problem). Compare the file with Languages/en.yaml."
        }
    }

    /// - Throws: ``Fault``
    public init(code: String, yaml: String) throws(Fault) {
        let loaded: Any?
        do { loaded = try Yams.load(yaml: yaml) } catch { throw Fault(code: code, problem: "\(error)") }
        guard let map = loaded as? [String: Any] else {
            throw Fault(code: code, problem: "it is no map from keys to texts")
        }
        var texts: [String: String] = [:]
        for (key, value) in map {
            guard let text = value as? String else {
                throw Fault(code: code, problem: "the text of \(key) is not text: put it in quotation marks")
            }
            texts[key] = text
        }
        guard texts["language"] != nil else {
            throw Fault(code: code, problem: "it does not say its own name under `language`")
        }
        self.code = code
        self.texts = texts
    }

    /// The language's own name.
    public var name: String { texts["language"] ?? code }

    /// The names in braces of a text.
    public static func placeholders(in text: String) -> Set<String> {
        var names: Set<String> = []
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "{") {
            rest = rest[rest.index(after: open)...]
            guard let close = rest.firstIndex(of: "}") else { break }
            names.insert(String(rest[..<close]))
            rest = rest[rest.index(after: close)...]
        }
        return names
    }

    static let english = builtIn("en", PackageResources.en_yaml)

    /// Those that are compiled in, English first.
    public static let all: [Language] = [english, builtIn("zh-Hans", PackageResources.zh_Hans_yaml)]

    private static func builtIn(_ code: String, _ bytes: [UInt8]) -> Language {
        // A file that was compiled in and can't be read shows its keys instead of texts; the tests read every file.
        (try? Language(code: code, yaml: String(decoding: bytes, as: UTF8.self)))
            ?? Language(code: code, bare: [:])
    }

    private init(code: String, bare: [String: String]) {
        self.code = code
        texts = bare
    }

    /// The one that fits a wish best: a code, or the value of an `Accept-Language` header.
    static func fitting(_ wish: String, among languages: [Language]) -> Language {
        for part in wish.split(separator: ",") {
            let tag = part.prefix { $0 != ";" }.trimmingPrefix { $0 == " " }.lowercased()
            if let exact = languages.first(where: { $0.code.lowercased() == tag }) { return exact }
            // zh-CN, zh-SG and zh are written with simplified signs; zh-TW and zh-HK are not.
            if ["zh", "zh-cn", "zh-sg", "zh-hans-cn"].contains(tag),
                let chinese = languages.first(where: { $0.code == "zh-Hans" })
            {
                return chinese
            }
            let base = tag.prefix { $0 != "-" }
            if let same = languages.first(where: { $0.code.lowercased() == base }) { return same }
        }
        return languages.first ?? english
    }
}
