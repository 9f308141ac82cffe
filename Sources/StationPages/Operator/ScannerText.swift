import StationConfig

extension ScannerSettings {
    /// For the page's script.
    var json: String {
        JSONText.object([
            "prefix": prefix, "unit": unit, "slot": slot, "go": go, "goKey": goKey,
            "gap": "\(gap.components.seconds * 1000 + gap.components.attoseconds / 1_000_000_000_000_000)",
        ])
    }
}
