import Foundation
import GRDB

/// Runs, the units in them, and their blessing.
extension Projector {
    /// What the rules need to know of a device.
    struct DeviceState {
        let id: Int64
        let mac: String
        let blessedRun: RunID?
        let serial: String?
        let isQuarantined: Bool
    }

    func device(_ deviceID: String) throws -> DeviceState? {
        try row("SELECT * FROM device WHERE device_id = ?", [deviceID]).map(Self.deviceState)
    }

    func requireDevice(_ deviceID: String) throws -> DeviceState {
        guard let device = try device(deviceID) else { throw Refusal.unknownDevice(deviceID) }
        return device
    }

    private static func deviceState(_ row: Row) -> DeviceState {
        DeviceState(
            id: row["id"], mac: row["mac"],
            blessedRun: (row["blessed_run"] as Int64?).map(RunID.init(rawValue:)),
            serial: row["serial"], isQuarantined: row["quarantine"] != nil)
    }

    func requireRun(_ run: RunID) throws {
        guard try row("SELECT 1 FROM run WHERE id = ?", [run.rawValue]) != nil else {
            throw Refusal.unknownRun(run)
        }
    }

    @discardableResult
    func requireOpenRun(_ run: RunID) throws -> Row {
        guard let row = try row("SELECT * FROM run WHERE id = ?", [run.rawValue]) else {
            throw Refusal.unknownRun(run)
        }
        guard row["outcome"] == nil else { throw Refusal.runFinished(run) }
        return row
    }

    /// A run whose blessing may still be answered: one under way, or one that ended in quarantine because nobody
    /// heard the answer and somebody has looked it up since.
    private func requireUnansweredRun(_ run: RunID) throws -> Row {
        guard let row = try row("SELECT * FROM run WHERE id = ?", [run.rawValue]) else {
            throw Refusal.unknownRun(run)
        }
        let wasUnheard = (row["blessing"] as String?) == BlessingOutcome.noAnswer.rawValue
        guard row["outcome"] == nil || wasUnheard else { throw Refusal.runFinished(run) }
        return row
    }

    func apply(_ body: RunStarted, _ place: Place) throws {
        if let order = body.order {
            let row = try requireOpenOrder(order)
            guard row["sku"] == body.sku else {
                throw Refusal.wrongSKU(order: order, expected: row["sku"], found: body.sku)
            }
            let (quantity, blessed): (Int, Int) = (row["quantity"], row["blessed"])
            // A run whose unit is blessed is counted as such and takes no second place.
            // The sign keeps SQLite from going through all runs of the order instead of the few that are open.
            let running: Int =
                try value(
                    "SELECT count(*) FROM run WHERE outcome IS NULL AND +work_order = ? AND blessing IS NOT 'blessed'",
                    [order]) ?? 0
            guard blessed + running < quantity else {
                throw Refusal.orderFull(order: order, quantity: quantity, blessed: blessed, running: running)
            }
        }
        if let earlier = body.retestOf { try requireRun(earlier) }
        try execute(
            """
            INSERT INTO run (id, started_at, slot, work_order, setup, scanned_code, retest_of)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                place.sequence, place.at, body.slot, body.order, setup(body), body.scannedCode,
                body.retestOf?.rawValue,
            ])
    }

    func apply(_ body: UnitIdentified, _ place: Place) throws {
        let run = try requireOpenRun(body.run)
        let known = try device(body.device)
        let module = try module(
            impOS: body.impOS, flashJEDEC: body.flashJEDEC, flashBytes: body.flashBytes)
        if let mine: Int64 = run["device"], mine != known?.id {
            let recorded: String? = try value("SELECT device_id FROM device WHERE id = ?", [mine])
            throw Refusal.runHasOtherDevice(run: body.run, device: recorded ?? "")
        }
        if let known {
            guard known.mac == body.mac else {
                throw Refusal.macChanged(device: body.device, recorded: known.mac, found: body.mac)
            }
            let other: Int64? = try value(
                "SELECT id FROM run WHERE device = ? AND outcome IS NULL AND id <> ?",
                [known.id, body.run.rawValue])
            if let other { throw Refusal.deviceBusy(device: body.device, run: RunID(rawValue: other)) }
            try execute(
                "UPDATE device SET module = ? WHERE id = ?", [module, known.id])
        } else {
            let owner: String? = try value("SELECT device_id FROM device WHERE mac = ?", [body.mac])
            if let owner { throw Refusal.macTaken(mac: body.mac, by: owner) }
            try execute(
                "INSERT INTO device (id, device_id, mac, module) VALUES (?, ?, ?, ?)",
                [place.sequence, body.device, body.mac, module])
        }
        let id = known?.id ?? place.sequence
        try execute("UPDATE run SET device = ? WHERE id = ?", [id, body.run.rawValue])
        try execute(
            "INSERT INTO identification (run, seq, device, module, warnings) VALUES (?, ?, ?, ?, ?)",
            [
                body.run.rawValue, place.sequence, id, module,
                body.warnings.isEmpty ? nil : phrase(Self.json(body.warnings)),
            ])
    }

    func apply(_ body: BlessingAnswered, _ place: Place) throws {
        let run = try requireUnansweredRun(body.run)
        guard let id: Int64 = run["device"],
            let unit = try row("SELECT * FROM device WHERE id = ?", [id])
        else { throw Refusal.notIdentified(run: body.run) }
        guard
            try row(
                "SELECT 1 FROM act WHERE run = ? AND kind = ?",
                [body.run.rawValue, phrase(ActKind.bless.rawValue)])
                != nil
        else { throw Refusal.blessingNotIntended(run: body.run) }
        if let answered = (run["blessing"] as String?).flatMap(BlessingOutcome.init(rawValue:)),
            answered.isFinal
        {
            throw Refusal.blessingAlreadyAnswered(run: body.run, answered)
        }
        if body.outcome == .blessed {
            if let earlier: Int64 = unit["blessed_run"] {
                throw Refusal.alreadyBlessed(device: unit["device_id"], run: RunID(rawValue: earlier))
            }
            try execute(
                """
                UPDATE device SET blessed_seq = ?, blessed_at = ?, blessed_run = ?,
                    (sku, market) = (SELECT sku, market FROM run_setup WHERE id = ?) WHERE id = ?
                """,
                [place.sequence, place.at, body.run.rawValue, run["setup"] as Int64, id])
            if let order: String = run["work_order"] {
                try execute("UPDATE work_order SET blessed = blessed + 1 WHERE id = ?", [order])
            }
        }
        try execute(
            "UPDATE run SET blessing = ?, blessing_seq = ? WHERE id = ?",
            [body.outcome.rawValue, place.sequence, body.run.rawValue])
    }

    func apply(_ body: RunFinished, _ place: Place) throws {
        let run = try requireOpenRun(body.run)
        openRuns.remove(body.run)
        if body.outcome == .passed {
            guard run["blessing"] as String? == BlessingOutcome.blessed.rawValue else {
                throw Refusal.passedWithoutBlessing(run: body.run)
            }
            let open = try Int.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT number FROM act WHERE run = ? AND (outcome IS NULL OR outcome = 'unknown') ORDER BY number
                        """), arguments: [body.run.rawValue])
            guard open.isEmpty else { throw Refusal.openActs(run: body.run, open) }
        } else if let order: String = run["work_order"] {
            try execute("UPDATE work_order SET failed = failed + 1 WHERE id = ?", [order])
        }
        try execute(
            """
            UPDATE run SET outcome = ?, code = ?, reason = ?, failed_step = ?, finished_seq = ?, finished_at = ?
            WHERE id = ?
            """,
            [
                body.outcome.rawValue, body.code, body.reason, body.failedStep, place.sequence, place.at,
                body.run.rawValue,
            ])
    }

    func apply(_ body: AttachmentAdded, _ place: Place) throws {
        try requireOpenRun(body.run)
        try execute(
            "INSERT INTO attachment (seq, run, step, name, digest, size, media_type) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                place.sequence, body.run.rawValue, body.step, body.name, body.digest.hex, body.size,
                body.mediaType,
            ])
    }

    func apply(_ body: LabelPrinted, _ place: Place) throws {
        try requireRun(body.run)
        try execute(
            "INSERT INTO label (seq, at, run, serial, digest, destination) VALUES (?, ?, ?, ?, ?, ?)",
            [
                place.sequence, place.at, body.run.rawValue, body.serial, Data(body.digest.bytes),
                body.destination,
            ])
    }

    func apply(_ body: UnitQuarantined, _ place: Place) throws {
        let unit = try requireDevice(body.device)
        if unit.isQuarantined { throw Refusal.quarantined(device: body.device) }
        if let run = body.run { try requireRun(run) }
        try execute(
            "INSERT INTO quarantine (seq, at, device, run, by_whom, reason) VALUES (?, ?, ?, ?, ?, ?)",
            [place.sequence, place.at, unit.id, body.run?.rawValue, seal(body.by), body.reason])
        try execute("UPDATE device SET quarantine = ? WHERE id = ?", [place.sequence, unit.id])
    }

    func apply(_ body: UnitReleased, _ place: Place) throws {
        let unit = try requireDevice(body.device)
        guard unit.isQuarantined else { throw Refusal.notQuarantined(device: body.device) }
        try execute(
            """
            UPDATE quarantine SET released_seq = ?, released_at = ?, released_by = ?, release_reason = ?
            WHERE device = ? AND released_seq IS NULL
            """,
            [place.sequence, place.at, seal(body.by), body.reason, unit.id])
        try execute("UPDATE device SET quarantine = NULL WHERE id = ?", [unit.id])
    }
}
