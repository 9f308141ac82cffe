/// Reads what station.yaml says about the hardware of slots: adapters and wirings.
struct FixtureReading {
    let problems: ProblemCollector
    /// The map of that name, if there is one.
    let wirings: ConfigNode?

    func slots(_ items: [ConfigNode]) -> [SlotSettings] {
        let known = Dictionary(
            (wirings?.entries ?? []).map { ($0.key, wiring($0)) }, uniquingKeysWith: { first, _ in first })
        let slots = items.enumerated().compactMap { index, item -> SlotSettings? in
            guard let name = item.text("name"), let fixture = item["fixture"],
                let kind = fixture.text("kind").flatMap(FixtureKind.init(rawValue:))
            else { return nil }
            let path = "slots[\(index)].fixture"
            switch kind {
            case .emulated:
                refuseBinding(of: fixture, path: path)
                return SlotSettings(name: name, fixture: kind, usb: nil)
            case .usb:
                return SlotSettings(name: name, fixture: kind, usb: binding(fixture, known, path: path))
            }
        }
        refuseSharedAdapters(items)
        return slots
    }

    private func refuseBinding(of fixture: ConfigNode, path: String) {
        for key in ["path", "serial", "wiring"] {
            guard let node = fixture[key] else { continue }
            problems.report(
                .usbBinding, at: node.origin, path: "\(path).\(key)", found: "\(key) on an emulated slot",
                allowed: "\(key) on slots of kind usb", remedy: "Write `kind: usb`, or delete it.")
        }
    }

    private func binding(_ fixture: ConfigNode, _ known: [String: WiringSettings], path: String)
        -> USBSlotSettings
    {
        if fixture["path"] == nil, fixture["serial"] == nil {
            problems.report(
                .usbBinding, at: fixture.origin, path: path, found: "neither path nor serial",
                allowed: "the USB path, the adapter's serial number, or both",
                remedy: "`station usb list` shows what is plugged in, `station usb bind` writes the line.")
        }
        var wiring = WiringSettings.reference
        if let node = fixture["wiring"], let name = node.text, name != WiringSettings.referenceName {
            if let found = known[name] {
                wiring = found
            } else {
                let names = known.keys.sorted() + [WiringSettings.referenceName]
                problems.report(
                    .fixtureWiring, at: node.origin, path: "\(path).wiring",
                    found: "`\(name)`, which `wirings` does not have", allowed: Phrase.oneOf(names),
                    remedy: Phrase.didYouMean(name, among: names, otherwise: "Describe the board there."))
            }
        }
        return USBSlotSettings(
            path: fixture.text("path", .usbPath), serial: fixture.text("serial", .adapterSerial),
            wiring: wiring)
    }

    /// One adapter serves one slot: neither a socket nor a serial number is named twice.
    private func refuseSharedAdapters(_ items: [ConfigNode]) {
        for key in ["path", "serial"] {
            var seen: [String: String] = [:]
            for (index, item) in items.enumerated() {
                guard let node = item["fixture"]?[key], let text = node.text, let slot = item.text("name")
                else { continue }
                guard let first = seen[text] else {
                    seen[text] = slot
                    continue
                }
                problems.report(
                    .usbBinding, at: node.origin, path: "slots[\(index)].fixture.\(key)",
                    found: "\(text), which slot \(first) has too",
                    allowed: "an adapter of its own for each slot",
                    remedy: "`station usb list` shows what is plugged in where.")
            }
        }
    }

    private func wiring(_ entry: ConfigEntry) -> WiringSettings {
        let node = entry.value
        let place = "wirings.\(entry.key)"
        if entry.key == WiringSettings.referenceName {
            problems.report(
                .fixtureWiring, at: entry.keyOrigin, path: place, found: "`\(entry.key)`",
                allowed: "names other than the reference board's",
                remedy: "Give the wiring a name of its own.")
        }
        var pins: [String: String] = [:]
        for entry in node["pins"]?.entries ?? [] { pins[entry.key] = entry.value.text }
        let wiring = WiringSettings(
            name: entry.key, pins: pins,
            spiKilohertz: node.integer("spi-kilohertz").flatMap(Int.init(exactly:)),
            consoleBaud: node.integer("console-baud").flatMap(Int.init(exactly:)),
            powerRise: node.duration("power-rise"), powerDrain: node.duration("power-drain"),
            blinkUp: node.duration("blink-up"), senderNetwork: node.text("sender-network"))
        var owners: [String: String] = [:]
        for signal in WiringSettings.signals {
            guard let pin = wiring.pin(of: signal.name), pin != "none" else { continue }
            if let owner = owners[pin] {
                let origin = (node["pins"]?[signal.name] ?? node["pins"]?[owner] ?? node).origin
                problems.report(
                    .fixtureWiring, at: origin, path: "\(place).pins.\(signal.name)",
                    found: "\(pin), which is \(owner)'s too", allowed: "each pin for one signal",
                    remedy:
                        "Signals that are not named stay where the reference board has them; `none` takes one away."
                )
            }
            owners[pin] = signal.name
        }
        return wiring
    }
}
