/// How much a finding weighs. Ordered: `note < warning < error`.
public enum Severity: String, Codable, Hashable, Sendable, Comparable, CaseIterable {
    /// Worth knowing; nothing to do.
    case note
    /// Probably not what was meant; somebody should look.
    case warning
    /// Must not go onto a unit.
    case error

    public static func < (left: Severity, right: Severity) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .note: 0
        case .warning: 1
        case .error: 2
        }
    }
}

/// One thing that a check has to say about an identity, a region choice or an NVRAM image.
///
/// The code is stable from release to release, so that scripts and waivers can name it; the message is for
/// people and says what was found, what is allowed and what to do next.
public struct Finding: Codable, Hashable, Sendable, CustomStringConvertible {
    /// `ID…` identity, `RG…` region, `NV…` NVRAM, with a three-digit number.
    public let code: String
    public let severity: Severity
    /// Line in the checked text, counted from 1; nil where the finding is about the whole.
    public let line: Int?
    /// The key concerned, as written; nil where none is.
    public let key: String?
    /// One to three sentences: found, allowed, what to do.
    public let message: String

    public init(code: String, severity: Severity, line: Int? = nil, key: String? = nil, message: String) {
        self.code = code
        self.severity = severity
        self.line = line
        self.key = key
        self.message = message
    }

    /// `error NV022, line 6, devid: …`
    public var description: String {
        var head = "\(severity.rawValue) \(code)"
        if let line { head += ", line \(line)" }
        if let key { head += ", \(key)" }
        return "\(head): \(message)"
    }
}

extension Sequence<Finding> {
    /// The weightiest severity present; nil when there is no finding at all.
    public var worstSeverity: Severity? {
        lazy.map(\.severity).max()
    }

    /// True when at least one finding forbids going on.
    public var hasErrors: Bool {
        contains { $0.severity == .error }
    }
}
