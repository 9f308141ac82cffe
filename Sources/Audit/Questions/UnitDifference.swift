import StationStore

/// Two units side by side: what is not the same.
enum UnitDifference {
    /// - Throws: `StoreError.notFound` for a unit that is not in the record.
    static func between(_ left: String, _ right: String, _ reader: StationReader) async throws
        -> NamedQuestion.Answer
    {
        let (first, second) = (facts(try await report(left, reader)), facts(try await report(right, reader)))
        let names =
            first.map(\.name) + second.map(\.name).filter { name in !first.contains { $0.name == name } }
        let rows = names.compactMap { name -> [AnswerCell]? in
            let (one, other) = (value(name, first), value(name, second))
            return one == other ? nil : [.text(name), one, other]
        }
        return .rows(
            [AnswerColumn(name: "what"), AnswerColumn(name: left), AnswerColumn(name: right)], rows)
    }

    private struct Fact {
        var name: String
        var value: AnswerCell
    }

    private static func value(_ name: String, _ facts: [Fact]) -> AnswerCell {
        facts.first { $0.name == name }?.value ?? .missing
    }

    private static func report(_ key: String, _ reader: StationReader) async throws -> UnitReport {
        guard let report = try await reader.unit(key) else { throw StoreError.notFound("unit \(key)") }
        return report
    }

    private static func facts(_ report: UnitReport) -> [Fact] {
        let device = report.device
        var facts: [Fact] = []
        func add(_ name: String, _ text: String?) {
            facts.append(Fact(name: name, value: text.map(AnswerCell.text) ?? .missing))
        }
        add("device", device.device)
        add("mac", device.mac)
        add("serial", device.serial)
        add("impos", device.impOS)
        add("flash", "\(device.flashJEDEC), \(device.flashBytes) bytes")
        add("sku", device.sku)
        add("market", device.market)
        add("region", device.region)
        add("channels", device.channels)
        add("nvram", device.nvram)
        add("blessed", device.blessedAt.map(UTCTime.text))
        add("quarantined", device.isQuarantined ? "yes" : "no")
        facts.append(Fact(name: "runs", value: .integer(Int64(report.runs.count))))
        for image in report.images { add("image at \(image.address)", "\(image.name) \(image.digest)") }
        guard let last = report.runs.last else { return facts }
        add("last run's slot", String(last.run.slot))
        add("last run's operator", last.run.operatorName)
        add("last run's outcome", last.run.outcome?.rawValue)
        add("plan revision", last.run.planDigest)
        add("sku revision", last.run.skuDigest)
        for step in last.steps {
            for measurement in step.measurements {
                let text = measurement.value.plain + (measurement.unit.map { " " + $0 } ?? "")
                add("\(step.name): \(measurement.name)", text)
            }
        }
        return facts
    }
}
