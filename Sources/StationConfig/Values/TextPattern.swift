/// A regular expression that can be trusted with texts from an untrusted unit: matching takes time proportional to
/// the text, whatever the pattern, because nothing is ever tried twice at the same place.
///
/// The subset: literals, `.`, classes `[a-z]` `[^…]`, `\d \D \w \W \s \S`, escaped punctuation, `\t \n \r`,
/// groups `( )` and `(?: )`, `|`, `* + ? {n} {n,} {n,m}`, anchors `^` and `$` (start and end of the whole text).
/// A pattern is found anywhere in the text unless it is anchored. Letters stand for themselves, with their case.
/// Not in the subset, and refused: back references, look-around, lazy and possessive quantifiers, flags, `\b`.
public struct TextPattern: Sendable, CustomStringConvertible {
    /// The pattern as it was written.
    public let source: String
    private let program: [PatternInstruction]

    /// Steps that a compiled pattern may have; `{n,m}` counts m times.
    public static let maximumSteps = 1000

    /// - Throws: `TextPatternError` with what is wrong and where.
    public init(_ source: String) throws(TextPatternError) {
        var compiler = PatternCompiler(source)
        program = try compiler.compile()
        self.source = source
    }

    public var description: String { source }

    /// Whether the pattern is found in `text`.
    public func matches(_ text: String) -> Bool {
        var current = PatternThreads(capacity: program.count)
        var next = PatternThreads(capacity: program.count)
        var scalars = text.unicodeScalars.makeIterator()
        var scalar = scalars.next()
        var atStart = true
        while true {
            // A search may begin at every place of the text.
            if follow(0, into: &current, atStart: atStart, atEnd: scalar == nil) { return true }
            guard let now = scalar else { return false }
            scalar = scalars.next()
            atStart = false
            next.removeAll()
            for step in current.steps {
                guard case .consume(let set) = program[step], set.contains(now) else { continue }
                if follow(step + 1, into: &next, atStart: false, atEnd: scalar == nil) { return true }
            }
            swap(&current, &next)
        }
    }

    /// Adds `step` and all that is reached from it without reading.
    /// - Returns: true when the pattern's end is among them.
    private func follow(_ step: Int, into threads: inout PatternThreads, atStart: Bool, atEnd: Bool) -> Bool {
        var pending = [step]
        while let step = pending.popLast() {
            guard threads.insert(step) else { continue }
            switch program[step] {
            case .consume: break
            case .jump(let targets): pending += targets
            case .start: if atStart { pending.append(step + 1) }
            case .end: if atEnd { pending.append(step + 1) }
            case .found: return true
            }
        }
        return false
    }
}

extension TextPattern: Hashable {
    public static func == (left: TextPattern, right: TextPattern) -> Bool { left.source == right.source }

    public func hash(into hasher: inout Hasher) { hasher.combine(source) }
}

/// The steps at which a match may stand, each once.
private struct PatternThreads {
    private(set) var steps: [Int] = []
    private var isIn: [Bool]

    init(capacity: Int) {
        isIn = Array(repeating: false, count: capacity)
        steps.reserveCapacity(capacity)
    }

    /// - Returns: false when the step was there already.
    mutating func insert(_ step: Int) -> Bool {
        if isIn[step] { return false }
        isIn[step] = true
        steps.append(step)
        return true
    }

    mutating func removeAll() {
        for step in steps { isIn[step] = false }
        steps.removeAll(keepingCapacity: true)
    }
}

/// One step of a compiled pattern.
enum PatternInstruction: Sendable {
    /// Reads one scalar of the set and goes on with the next step.
    case consume(ScalarSet)
    /// Goes on at all of these without reading.
    case jump([Int])
    case start
    case end
    case found
}

/// A set of Unicode scalars as ranges.
struct ScalarSet: Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) } != isNegated
    }

    static let digits = ScalarSet(ranges: [0x30...0x39])
    static let word = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let blank = ScalarSet(ranges: [0x09...0x0D, 0x20...0x20])
    static let anyButNewline = ScalarSet(ranges: [0x0A...0x0A], isNegated: true)
}

/// Why a pattern can't be used.
public enum TextPatternError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `position` counts characters of the pattern from 1.
    case syntax(position: Int, problem: String)
    /// Something that other engines know and this one refuses.
    case notSupported(position: Int, what: String, instead: String)
    case tooLarge

    public var description: String {
        switch self {
        case .syntax(let position, let problem): "\(problem) at character \(position) of the pattern"
        case .notSupported(let position, let what, let instead):
            "\(what) at character \(position) of the pattern, which could take forever on a unit's text; \(instead)"
        case .tooLarge: "the pattern needs more than \(TextPattern.maximumSteps) steps; repeat less"
        }
    }
}
