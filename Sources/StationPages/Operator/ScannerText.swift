import StationConfig

extension ScannerSettings {
    /// For the page's script.
    /// - Parameter references: labels of golden units and gauge parts, which need not look like a unit's.
    func json(references: [String]) -> String {
        ScriptValues.json([
            "prefix": prefix, "unit": unit, "slot": slot, "go": go, "goKey": goKey,
            "references": references.joined(separator: "\n"),
            "gap": "\(gap.components.seconds * 1000 + gap.components.attoseconds / 1_000_000_000_000_000)",
        ])
    }
}

/// What the template hands to a page's script, in an attribute.
enum ScriptValues {
    static func json(_ texts: [String: String]) -> String {
        String(decoding: CanonicalJSON.object(texts.mapValues { .text($0) }).bytes, as: UTF8.self)
    }
}
