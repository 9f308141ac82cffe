import Fixturing

extension FactoryNetwork {
    /// The network of `RadioEnvironment.factoryFloor`.
    static let floor = FactoryNetwork(ssid: "factory-floor", password: "blessed-be-the-line")
}

extension ConformanceReading {
    /// A value that the program reported: a number if it is one, else a truth or a text.
    static func logged(
        _ name: String, _ bench: ConformanceBench, as shown: String? = nil, unit: String = ""
    ) -> ConformanceReading? {
        guard let text = bench.values[name] else { return nil }
        let shown = shown ?? name
        if let number = Double(text) { return .number(shown, number, unit: unit) }
        return Bool(text).map { .bool(shown, $0) } ?? .text(shown, text)
    }

    /// How long from one instant to another, seconds.
    static func seconds(_ name: String, from start: VirtualInstant?, to end: VirtualInstant?)
        -> ConformanceReading?
    {
        guard let start, let end else { return nil }
        return .number(name, (end - start).inSeconds, unit: "s")
    }

    /// The longest of some stretches, milliseconds.
    static func longest(_ name: String, _ stretches: [StatusLED.Stretch]) -> ConformanceReading? {
        .number(name, stretches.map(\.milliseconds).max(), unit: "ms")
    }
}

extension ConformanceBench {
    /// Whether the LED shone at any time during the next stretch of time.
    func ledShines(for duration: Duration) -> Bool {
        ledStretches(for: duration).contains { $0.colour != .off }
    }

    /// What somebody with a camera sees of the LED, 100 pictures a second.
    func ledStretches(for duration: Duration) -> [StatusLED.Stretch] {
        var stretches: [StatusLED.Stretch] = []
        let end = now + duration
        while now < end, let module = bench.module {
            let colour = module.led.colour(at: now)
            if stretches.last?.colour == colour {
                stretches[stretches.count - 1].milliseconds += 10
            } else {
                stretches.append(.init(colour: colour, milliseconds: 10))
            }
            run(.milliseconds(10))
        }
        return stretches
    }
}
