import Ledger
import StationStore

/// `/units/{id}`: the whole life of one unit.
struct UnitPage {
    let desk: ReportDesk
    let key: String

    /// - Returns: nil when nothing is known of it.
    func report() async throws -> Report? {
        guard let unit = try await desk.reader.unit(key) else { return nil }
        let device = unit.device
        let name = device.serial ?? unit.serials.last?.serial ?? device.device
        var sections = [head(unit), images(unit)]
        let times = try await timesOfEntries(device.device)
        for run in unit.runs.reversed() {
            sections.append(Section(heading: heading(run.run), events: try await events(run, times)))
        }
        let others = others(unit, times)
        if !others.isEmpty { sections.append(Section(heading: desk.say("elsewhere"), events: others)) }
        return Report(
            title: desk.say("unit_title", ["unit": name]),
            lead: desk.say(device.isBlessed ? "unit_blessed" : "unit_not_blessed")
                + (device.isQuarantined ? " " + desk.say("unit_quarantined") : ""),
            sections: sections.compactMap(\.self))
    }

    private func head(_ unit: UnitReport) -> Section {
        let device = unit.device
        var table = Section.Table(
            caption: desk.say("identity"), columns: [desk.say("what"), desk.say("chart_value")])
        func add(_ label: String, _ text: String?, code: Bool = false, href: String? = nil) {
            guard let text, !text.isEmpty else { return }
            table.add([Section.Cell(desk.say(label)), Section.Cell(text, href: href, isCode: code)])
        }
        add("device_id", device.device, code: true)
        add("mac", device.mac, code: true)
        add(
            "serial",
            device.serial
                ?? unit.serials.last.map { "\($0.serial) (\(desk.say("lease_\($0.state.rawValue)")))" })
        add("by_impOS", device.impOS)
        add("flash_chip", "\(device.flashJEDEC), \(device.flashBytes / 1024) KiB", code: true)
        add("sku", device.sku)
        add("markets", device.market)
        add("region", device.region, code: true)
        add("channels", device.channels)
        add("nvram_hash", device.nvram ?? desk.say("own_nvram"), code: device.nvram != nil)
        add("nvram_token", device.nvramToken, code: true)
        add("blessed_at", device.blessedAt.map(ReportDesk.time))
        let path = "/units/" + Link.encoded(device.device)
        return Section(
            note: unit.elsewhere.map {
                desk.say("rest_in_archive", ["file": $0.file, "entries": "\($0.entries)"])
            } ?? "",
            cards: [
                .init(
                    label: desk.say("state"), value: desk.say(device.isBlessed ? "blessed" : "not_blessed"),
                    tone: device.isQuarantined ? .doubt : device.isBlessed ? .good : .plain),
                .init(
                    label: desk.say("region"), value: device.region ?? "–",
                    more: device.channels.map { desk.say("channels_are", ["channels": $0]) } ?? ""),
                .init(label: desk.say("runs"), value: "\(unit.runs.count)"),
                .init(
                    label: desk.say("entries"), value: "\(unit.entries.count)", more: desk.say("entries_note")
                ),
            ], table: table,
            links: [
                .init(text: desk.say("download_proof"), href: path + "/proof.json", isDownload: true),
                .init(text: desk.say("compare_with"), href: Link.to("/units/compare", ["a": device.device])),
            ])
    }

    private func images(_ unit: UnitReport) -> Section? {
        guard !unit.images.isEmpty else { return nil }
        var table = Section.Table(
            caption: desk.say("images"),
            columns: [desk.say("image"), desk.say("address"), desk.say("bytes"), "SHA-256"])
        for image in unit.images {
            table.add([
                Section.Cell(image.name), Section.Cell("0x" + String(image.address, radix: 16), isCode: true),
                .number("\(image.size)"), Section.Cell(image.digest, isCode: true),
            ])
        }
        return Section(heading: desk.say("images"), table: table)
    }

    private func heading(_ run: RunRow) -> String {
        desk.say(
            "run_heading",
            [
                "run": "\(run.run.rawValue)", "slot": desk.slotName(run.slot),
                "outcome": desk.outcome(run.outcome?.rawValue ?? ""),
            ])
    }

    /// When each entry was written, and those that no other part of the page shows.
    private func timesOfEntries(_ device: String) async throws -> [Int64: EntryView] {
        let entries = try await desk.reader.entries(EntryFilter(unit: device, limit: 20_000))
        return Dictionary(entries.map { ($0.sequence, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func events(_ report: RunReport, _ entries: [Int64: EntryView]) async throws -> [Section.Event] {
        func when(_ sequence: Int64) -> String { entries[sequence].map { ReportDesk.time($0.at) } ?? "" }
        let run = report.run
        var events = [
            Section.Event(
                kind: "run", sequence: run.run.rawValue, what: desk.say("run_started"), outcome: "",
                detail: [
                    run.order, run.sku, run.market, run.operatorName, run.fixture, run.program,
                    run.scannedCode.map { desk.say("scanned_code", ["code": $0]) },
                    desk.say(
                        "revisions_are",
                        ["sku": Self.short(run.skuDigest), "plan": Self.short(run.planDigest)]),
                ].compactMap(\.self).joined(separator: " · "), when: when(run.run.rawValue))
        ]
        for one in report.identifications {
            events.append(
                .init(
                    kind: "note", sequence: one.sequence, what: desk.say("identified"),
                    detail: ([one.device, one.impOS, one.flashJEDEC] + one.warnings).joined(separator: " · "),
                    when: when(one.sequence)))
        }
        for act in report.acts {
            events.append(
                .init(
                    kind: "intent", sequence: act.intentSequence,
                    what: desk.say("intent", ["act": act.kind.rawValue]),
                    detail: Self.facts(act.detail), when: when(act.intentSequence)))
            guard let sequence = act.resultSequence else { continue }
            let effect = act.effectJSON.map { desk.say("read_back", ["value": $0]) } ?? ""
            events.append(
                .init(
                    kind: "result", sequence: sequence, what: desk.say("result", ["act": act.kind.rawValue]),
                    outcome: act.outcome.map { desk.say("act_\($0.rawValue)") } ?? "",
                    detail: [Self.facts(act.resultDetail ?? [:]), effect].filter { !$0.isEmpty }.joined(
                        separator: " · "),
                    when: when(sequence), tone: act.outcome == .ok ? .good : .bad))
        }
        for step in report.steps {
            let measured = step.measurements.map { text($0) }.joined(separator: " · ")
            events.append(
                .init(
                    kind: "step", sequence: step.sequence,
                    what: (step.name.hasPrefix("stage.")
                        ? desk.say("stage_done", ["stage": desk.words.stepName(step.name)]) : step.name)
                        + (step.attempt > 1 ? " (\(step.attempt))" : ""),
                    outcome: desk.say("step_\(step.outcome.rawValue)")
                        + ", \(step.endedMs - step.startedMs) ms",
                    detail: [step.message ?? "", measured].filter { !$0.isEmpty }.joined(separator: " · "),
                    tone: step.outcome == .passed ? .plain : .bad))
        }
        for file in report.attachments {
            events.append(
                .init(
                    kind: "note", sequence: file.sequence, what: desk.say("attachment", ["name": file.name]),
                    detail: "\(file.mediaType), \(file.size) B, \(file.digest)", when: when(file.sequence)))
        }
        for label in report.labels {
            events.append(
                .init(
                    kind: "note", sequence: label.sequence, what: desk.say("label"),
                    detail: [label.serial, label.destination, Self.short(label.digest)].compactMap(\.self)
                        .joined(separator: " · "),
                    when: when(label.sequence)))
        }
        for note in report.notes {
            events.append(
                .init(
                    kind: "note", sequence: note.sequence, what: desk.say("note"),
                    detail: [note.text, note.by].compactMap(\.self).joined(separator: " · "),
                    when: when(note.sequence)))
        }
        events.sort { ($0.sequence ?? 0) < ($1.sequence ?? 0) }
        if let finished = run.finishedAt {
            let outcome = run.outcome?.rawValue ?? ""
            events.append(
                .init(
                    kind: "run", what: desk.outcome(outcome), outcome: run.code ?? "",
                    detail: run.reason ?? "",
                    when: ReportDesk.time(finished), tone: ReportDesk.tone(outcome)))
        }
        return events
    }

    /// Everything that belongs to no run: serial numbers, quarantine, notes, webhooks and whatever else the ledger
    /// says of the unit.
    private func others(_ unit: UnitReport, _ entries: [Int64: EntryView]) -> [Section.Event] {
        let shown: Set<String> = [
            "run.started", "run.finished", "unit.identified", "act.intended", "act.finished", "step.finished",
            "attachment.added", "label.printed",
        ]
        let notesOfRuns = Set(unit.runs.flatMap(\.notes).map(\.sequence))
        return entries.values.filter { !shown.contains($0.kind) && !notesOfRuns.contains($0.sequence) }
            .sorted { $0.sequence < $1.sequence }
            .map { entry in
                Section.Event(
                    kind: "note", sequence: entry.sequence,
                    what: desk.words.has("entry_\(entry.kind)")
                        ? desk.say("entry_\(entry.kind)") : entry.kind,
                    detail: Self.record(entry.entry), when: ReportDesk.time(entry.at))
            }
    }

    /// An entry's own members as text.
    static func record(_ entry: String) -> String {
        guard let json = try? JSONValue(parsing: Array(entry.utf8)),
            case .object(let members) = json["record"]
        else {
            return ""
        }
        return members.map { "\($0.key) \(plain($0.value))" }.joined(separator: " · ")
    }

    private static func plain(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text.count == 64 ? short(text) : text
        default: String(decoding: value.canonicalBytes, as: UTF8.self)
        }
    }

    private static func facts(_ facts: [String: String]) -> String {
        facts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: " · ")
    }

    static func short(_ digest: String) -> String { digest.count > 16 ? digest.prefix(12) + "…" : digest }

    private func text(_ row: MeasurementRow) -> String {
        let value =
            switch row.value {
            case .number(let number): NumberTexts.plain(number)
            case .text(let text): "“\(text.prefix(80))”"
            case .bool(let flag): desk.say(flag ? "yes" : "no")
            }
        let limits = MeasurementsPage.limits(row.low, row.high)
        let mark = row.outcome == .failed ? " ✕" : ""
        return "\(row.name) \(value)\(row.unit.map { " " + $0 } ?? "")"
            + (limits == "–" ? "" : " (\(limits))") + mark
    }
}
