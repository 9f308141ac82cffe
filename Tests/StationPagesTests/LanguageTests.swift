import Testing

@testable import StationPages

@Suite struct LanguageTests {
    @Test(arguments: Language.all) func everyLanguageHasEveryKeyAndThePlaceholdersMatch(_ language: Language)
    {
        let english = Language.english.texts
        #expect(english.count > 100)
        #expect(Set(language.texts.keys).symmetricDifference(english.keys).sorted() == [])
        for (key, text) in language.texts {
            let expected = Language.placeholders(in: english[key] ?? "")
            #expect(Language.placeholders(in: text) == expected, "\(language.code) \(key)")
            #expect(text == text.trimmingPrefix { $0.isWhitespace }, "\(language.code) \(key)")
        }
    }

    /// Every key that a template or the script names exists, so that nobody reads a key instead of a text.
    @Test func templatesNameKnownKeys() {
        let english = Language.english.texts
        for (name, bytes) in Templates.sources {
            for part in String(decoding: bytes, as: UTF8.self).split(separator: "{{t.").dropFirst() {
                let key = String(part.prefix { $0 != "}" })
                #expect(english[key] != nil, "\(name): \(key)")
            }
        }
    }

    @Test(arguments: [
        ("en", "en"), ("zh-Hans", "zh-Hans"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"), ("zh", "zh-Hans"),
        ("de-DE,de;q=0.9,en;q=0.5", "en"), ("", "en"), ("EN-us", "en"), ("xx;q=1, zh-SG", "zh-Hans"),
        ("zh-TW,en", "en"),
    ]) func wishes(wish: String, code: String) {
        #expect(Language.fitting(wish, among: Language.all).code == code)
    }

    @Test func placeholdersAreFilledOnceAndOnlyOnce() throws {
        let language = try Language(code: "xx", yaml: "language: X\na: \"{one} and {two}\"")
        let words = Words(language: language)
        #expect(words.say("a", ["one": "{two}", "two": "2"]) == "{two} and 2")
        #expect(words.say("a", ["one": "1"]) == "1 and {two}")
        #expect(words.say("nowhere") == "nowhere")
        #expect(words.say("phase_passed") == "PASS", "English where the language lacks a key")
    }

    @Test(arguments: ["- a\n- b", "a: [", "language: X\nb: 3", "a: b", "language: X\nb: yes"])
    func filesThatAreNoLanguage(yaml: String) {
        #expect(throws: Language.Fault.self) { try Language(code: "xx", yaml: yaml) }
    }

    @Test func jsonForScripts() {
        #expect(
            ScriptValues.json(["b": "\"\\\u{1}", "a": "</script>"])
                == #"{"a":"</script>","b":"\"\\\u0001"}"#)
    }
}
