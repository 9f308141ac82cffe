import Imp003

/// Reads the keys `golden` and `scanner` of station.yaml.
struct GoldenReading {
    let problems: ProblemCollector

    /// - Returns: nil when there is none.
    func golden(_ node: ConfigNode?) -> GoldenSettings? {
        guard let node else { return nil }
        let units = (node["units"]?.items ?? []).compactMap { unit($0, path: "golden.units") }
        let parts = (node["gauge-parts"]?.items ?? []).compactMap { unit($0, path: "golden.gauge-parts") }
        DuplicateNames.report(
            (node["units"]?.items ?? []) + (node["gauge-parts"]?.items ?? []), key: "name",
            path: "golden.units",
            ignoringCase: true, to: problems)
        DuplicateNames.report(
            (node["units"]?.items ?? []) + (node["gauge-parts"]?.items ?? []), key: "device",
            path: "golden.units",
            ignoringCase: true, to: problems)
        return GoldenSettings(
            interval: node.duration("every") ?? .seconds(8 * 3600),
            reminder: node.duration("remind-before") ?? .seconds(30 * 60), units: units, gaugeParts: parts)
    }

    private func unit(_ node: ConfigNode, path: String) -> GoldenSettings.Unit? {
        guard let name = node.text("name"), let device = device(node["device"], path: path) else {
            return nil
        }
        let values = (node["measurements"]?.items ?? []).compactMap { item -> GoldenSettings.Value? in
            guard let step = item.text("step"), let name = item.text("name"),
                let reference = item.number("reference"), let tolerance = item.number("tolerance")
            else { return nil }
            if tolerance <= 0, let place = item["tolerance"] {
                problems.report(
                    .outOfRange, at: place.origin, path: "\(path)[].measurements[].tolerance",
                    found: place.spoken, allowed: "a number above 0",
                    remedy: "Say how far a sound slot may be off.")
                return nil
            }
            return GoldenSettings.Value(step: step, name: name, reference: reference, tolerance: tolerance)
        }
        return GoldenSettings.Unit(name: name, device: device, values: values)
    }

    private func device(_ node: ConfigNode?, path: String) -> DeviceID? {
        guard let node, let text = node.text else { return nil }
        do { return try DeviceID(parsing: text.lowercased()) } catch {
            problems.report(
                .wrongForm, at: node.origin, path: "\(path)[].device", found: node.spoken,
                allowed: "a device ID of 16 hexadecimal digits", remedy: "Read it from the unit's own page.")
            return nil
        }
    }

    func scanner(_ node: ConfigNode?) -> ScannerSettings {
        var settings = ScannerSettings()
        guard let node else { return settings }
        settings.prefix = node.text("prefix") ?? settings.prefix
        settings.unit = node.text("unit") ?? settings.unit
        settings.slot = node.text("slot") ?? settings.slot
        settings.go = node.text("go") ?? settings.go
        settings.goKey = node.text("go-key") ?? settings.goKey
        settings.gap = node.duration("gap") ?? settings.gap
        return settings
    }
}
