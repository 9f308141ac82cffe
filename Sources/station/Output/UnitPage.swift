import Blessing
import StationConfig
import StationStore

/// The life of a unit as one page of text.
struct UnitPage {
    let report: StationStoreUnit
    let withMeasurements: Bool

    func print() {
        head()
        for run in report.runs { page(run) }
        for quarantine in report.quarantines {
            Terminal.line()
            Terminal.line(
                Ink.doubtful("Quarantine")
                    + " \(UTCTime.text(quarantine.at)) by \(quarantine.by ?? "?"): \(quarantine.reason)")
            if let released = quarantine.releasedAt {
                Terminal.line(
                    "  released \(UTCTime.text(released)) by \(quarantine.releasedBy ?? "?"): \(quarantine.releaseReason ?? "")"
                )
            }
        }
        Terminal.line()
        if let archive = report.elsewhere {
            Terminal.line(
                Ink.doubtful("In the archive \(archive.file):")
                    + " what happened before entry \(archive.entries), and it is not here. Name it with --archive, or put it "
                    + "beside the database.")
        }
        Terminal.line(Ink.quiet("Ledger entries here: \(report.entries.count), \(span)."))
    }

    private var span: String {
        guard let first = report.entries.first, let last = report.entries.last else { return "none" }
        return "\(first) to \(last)"
    }

    private func head() {
        let device = report.device
        Terminal.line(
            Ink.strong(device.device) + "  "
                + (device.isBlessed ? Ink.good("blessed") : Ink.doubtful("not blessed"))
                + (device.isQuarantined ? "  " + Ink.bad("in quarantine") : ""))
        var table = Table("key", "value")
        table.add("MAC", device.mac)
        table.add(
            "serial",
            device.serial ?? report.serials.last.map { "\($0.serial) (\($0.state.rawValue))" } ?? "–")
        table.add("impOS", device.impOS)
        table.add("flash", "\(device.flashJEDEC), \(device.flashBytes / 1024) KiB")
        table.add(
            "region", device.region.map { "\($0), channels \(device.channels ?? "?")" } ?? "not set here")
        table.add("nvram", device.nvram ?? "the module's own")
        for image in report.images {
            table.add(
                "image",
                "\(image.name) at 0x\(String(image.address, radix: 16)), \(image.size) bytes, \(image.digest)"
            )
        }
        if let at = device.blessedAt, let run = device.blessedRun {
            table.add(
                "blessed",
                "\(UTCTime.text(at)) in \(run), SKU \(device.sku ?? "?"), market \(device.market ?? "?")")
        }
        table.print()
    }

    private func page(_ report: RunReport) {
        let run = report.run
        Terminal.line()
        let outcome = run.outcome?.rawValue.uppercased() ?? "UNFINISHED"
        Terminal.line(
            Ink.strong("Run \(run.run.rawValue)")
                + "  \(UTCTime.text(run.startedAt))  slot \(run.slot)  \(run.sku)  "
                + (run.outcome == .passed ? Ink.good(outcome) : Ink.bad(outcome))
                + (run.code.map { "  \($0)" } ?? ""))
        if let reason = run.reason { Terminal.line("  " + reason) }
        for event in timeline(report) { Terminal.line("  " + event) }
    }

    /// Acts and steps in the order in which they stand in the ledger.
    private func timeline(_ report: RunReport) -> [String] {
        var events: [(sequence: Int64, text: [String])] = []
        for act in report.acts {
            let detail = act.detail.sorted { $0.key < $1.key }.map { "\($0.key) \(short($0.value))" }.joined(
                separator: ", ")
            events.append(
                (
                    act.intentSequence,
                    [
                        "\(number(act.intentSequence))  intend \(act.kind.rawValue)\(detail.isEmpty ? "" : ": \(detail)")"
                    ]
                ))
            if let sequence = act.resultSequence {
                let read = (act.resultDetail ?? [:]).sorted { $0.key < $1.key }.map {
                    "\($0.key) \(short($0.value))"
                }.joined(separator: ", ")
                events.append(
                    (
                        sequence,
                        [
                            "\(number(sequence))  result \(act.kind.rawValue) \(act.outcome?.rawValue ?? "?")\(read.isEmpty ? "" : ": \(read)")"
                        ]
                    ))
            }
        }
        for step in report.steps {
            var lines = [
                "\(number(step.sequence))  \(step.name.hasPrefix("stage.") ? "stage  \(step.name.dropFirst(6))" : "step   \(step.name)") "
                    + "\(step.outcome.rawValue), \(step.endedMs - step.startedMs) ms"
                    + (step.attempt > 1 ? ", attempt \(step.attempt)" : "")
            ]
            for measurement in step.measurements where withMeasurements || measurement.outcome == .failed {
                lines.append(
                    "          \(measurement.name) = \(text(measurement.value))\(measurement.unit.map { " \($0)" } ?? "") \(limits(measurement)) \(measurement.outcome.rawValue)"
                )
            }
            events.append((step.sequence, lines))
        }
        for label in report.labels {
            events.append((label.sequence, ["\(number(label.sequence))  label  \(label.destination)"]))
        }
        return events.sorted { $0.sequence < $1.sequence }.flatMap(\.text)
    }

    private func number(_ sequence: Int64) -> String {
        let digits = String(sequence)
        return Ink.quiet(String(repeating: " ", count: max(0, 6 - digits.count)) + digits)
    }

    private func short(_ text: String) -> String {
        text.count == 64 && text.allSatisfy(\.isHexDigit) ? text.prefix(16) + "…" : text
    }

    private func text(_ value: RecordedValue) -> String {
        switch value {
        case .number(let number):
            number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
        case .text(let text): short(text)
        case .bool(let flag): flag ? "yes" : "no"
        }
    }

    private func limits(_ row: MeasurementRow) -> String {
        switch (row.low, row.high) {
        case (let low?, let high?): "(\(low) … \(high))"
        case (let low?, nil): "(at least \(low))"
        case (nil, let high?): "(at most \(high))"
        default: row.equals.map { "(must be \(text($0)))" } ?? row.matches.map { "(must match \($0))" } ?? ""
        }
    }
}
