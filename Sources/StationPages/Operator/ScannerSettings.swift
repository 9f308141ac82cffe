/// How the operator's page understands its scanner and its foot switch.
public struct ScannerSettings: Equatable, Sendable {
    /// Sent before every code; what comes without it is noise. Empty for none.
    public var prefix = ""
    /// A regular expression for the whole of a unit's code.
    public var unit = "[A-Za-z0-9][A-Za-z0-9:._-]{2,63}"
    /// A regular expression for a slot's label, with the slot's name in parentheses.
    public var slot = "SLOT-(.+)"
    /// A regular expression for the code that starts.
    public var go = "GO"
    /// The key of the foot switch, as browsers name it.
    public var goKey = "F9"
    /// Most milliseconds between two keys of one code; people type slower.
    public var gapMilliseconds = 100

    public init() {}

    var json: String {
        JSONText.object([
            "prefix": prefix, "unit": unit, "slot": slot, "go": go, "goKey": goKey,
            "gap": "\(gapMilliseconds)",
        ])
    }
}
