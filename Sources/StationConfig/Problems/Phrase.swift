import Wording

/// Phrases that several messages share.
enum Phrase {
    /// `a`, `a or b`, `a, b or c`; long lists end with how many more there are.
    static func oneOf(_ words: [String], atMost limit: Int = 12) -> String {
        guard let last = words.last else { return "nothing" }
        guard words.count <= limit else {
            return words.prefix(limit).joined(separator: ", ") + " and \(words.count - limit) more"
        }
        return words.count == 1 ? last : words.dropLast().joined(separator: ", ") + " or " + last
    }

    /// `Did you mean …?`, or `otherwise` when nothing is near.
    static func didYouMean(_ word: String, among candidates: some Sequence<String>, otherwise: String)
        -> String
    {
        NearMiss.suggestion(for: word, among: candidates).map { "Did you mean `\($0)`?" } ?? otherwise
    }

    /// `an overlay`, `a plan`.
    static func article(_ noun: String) -> String {
        (noun.first.map { "aeiou".contains($0) } == true ? "an " : "a ") + noun
    }

    /// `0x70000`.
    static func hex(_ value: some BinaryInteger) -> String {
        "0x" + String(value, radix: 16, uppercase: true)
    }
}
