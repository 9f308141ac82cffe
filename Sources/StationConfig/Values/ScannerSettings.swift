/// How the operator's page understands its scanner and its foot switch.
public struct ScannerSettings: Hashable, Sendable {
    /// Sent by the scanner before every code; what comes without it is noise. Empty for none.
    public var prefix = ""
    /// What a unit's code looks like, as a whole.
    public var unit = "[A-Za-z0-9][A-Za-z0-9:._-]{2,63}"
    /// What a slot's label looks like, its name in parentheses.
    public var slot = "SLOT-(.+)"
    /// What the code that starts looks like.
    public var go = "GO"
    /// The foot switch's key, as browsers name it.
    public var goKey = "F9"
    /// Most time between two keys of one code; people type slower.
    public var gap = Duration.milliseconds(100)

    public init() {}
}
