/// "Did you mean": the edit distance between what was typed and what exists.
public enum NearMiss {
    /// The candidate nearest to `word`, when it is near enough to be a slip of the finger: at most one edit for
    /// words up to five letters, two up to ten, three beyond. Ties go to the first in alphabetical order.
    public static func suggestion(for word: String, among candidates: some Sequence<String>) -> String? {
        let allowed = word.unicodeScalars.count <= 5 ? 1 : word.unicodeScalars.count <= 10 ? 2 : 3
        var best: (distance: Int, candidate: String)?
        for candidate in candidates.sorted() where candidate != word {
            let distance = distance(word, candidate, atMost: allowed)
            guard distance <= allowed, distance < candidate.unicodeScalars.count else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (distance, candidate) }
        }
        return best?.candidate
    }

    /// Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other, without
    /// regard to case; more than `limit` is given as `limit + 1`.
    public static func distance(_ left: String, _ right: String, atMost limit: Int) -> Int {
        let left = Array(left.lowercased().unicodeScalars)
        let right = Array(right.lowercased().unicodeScalars)
        guard abs(left.count - right.count) <= limit, max(left.count, right.count) <= 200 else {
            return limit + 1
        }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return min(last[right.count], limit + 1)
    }
}
