import ContentAddress
import Ledger
import StationStore

/// Lays a batch of entries out in the plant's tables: what the station's own projector does in SQLite, without its
/// refusals, which were made when the entries were written. The same entries always lead to the same rows.
///
/// Entries that refer to runs and units from before the batch need to know a little of them; ``missing(in:)`` says what.
struct PlantProjector {
    /// What has to be known of a run.
    struct RunFacts {
        var device: Int64?
        var sku: String
        var market: String?
    }

    /// What has to be known of the rows from before the batch.
    struct Known {
        var runs: [Int64: RunFacts] = [:]
        /// Rows by device ID.
        var devices: [String: Int64] = [:]
        /// Serial numbers that are leased and neither confirmed nor returned: the lease's entry.
        var leases: [String: Int64] = [:]
        /// Quarantines that are open, by the unit's row.
        var quarantines: [Int64: Int64] = [:]
    }

    /// What a batch refers to and does not bring itself.
    struct Missing {
        var runs: Set<Int64> = []
        var devices: Set<String> = []
        var serials: Set<String> = []
        var released: Set<String> = []
    }

    let station: Int32
    var known: Known
    var names: NameNumbers

    var events = BinaryRows()
    var steps = BinaryRows(reservingCapacity: 1 << 18)
    var measurements = BinaryRows(reservingCapacity: 1 << 18)
    var runImages = BinaryRows()
    var notes = BinaryRows()
    var devices = ChangingRows(.device)
    var runs = ChangingRows(.run)
    var deviceImages = ChangingRows(.deviceImage)
    var leases = ChangingRows(.serialLease)
    var quarantines = ChangingRows(.quarantine)
    /// Images of units from before, which may or may not have a row.
    var laterImages: [(sql: String, arguments: [PlantValue])] = []

    init(station: Int32, known: Known, names: NameNumbers) {
        self.station = station
        self.known = known
        self.names = names
    }

    /// What must be looked up before these records can be laid out.
    static func missing(in records: [(sequence: Int64, at: Int64, record: Record)]) -> Missing {
        var missing = Missing()
        var begun: Set<Int64> = []
        func run(_ id: RunID) {
            if !begun.contains(id.rawValue) { missing.runs.insert(id.rawValue) }
        }
        for (sequence, _, record) in records {
            switch record {
            case .runStarted: begun.insert(sequence)
            case .unitIdentified(let body):
                missing.devices.insert(body.device)
                run(body.run)
            case .actFinished(let body) where body.effect != nil: run(body.run)
            case .blessingAnswered(let body): run(body.run)
            case .serialLeased(let body): missing.devices.insert(body.device)
            case .serialConfirmed(let body):
                missing.devices.insert(body.device)
                missing.serials.insert(body.serial)
            case .serialReturned(let body):
                missing.devices.insert(body.device)
                missing.serials.insert(body.serial)
            case .unitQuarantined(let body): missing.devices.insert(body.device)
            case .unitReleased(let body):
                missing.devices.insert(body.device)
                missing.released.insert(body.device)
            default: break
            }
        }
        return missing
    }

    mutating func apply(_ record: Record, sequence: Int64, at: Int64) {
        if case .stepFinished(let body) = record { return step(body, sequence) }
        var (run, device): (Int64?, String?)
        switch record {
        case .runStarted(let body):
            started(body, sequence, at)
            run = sequence
        case .unitIdentified(let body):
            identified(body, sequence)
            (run, device) = (body.run.rawValue, body.device)
        case .actIntended(let body): run = body.run.rawValue
        case .actFinished(let body):
            if let effect = body.effect { applied(effect, body.run, sequence) }
            run = body.run.rawValue
        case .attachmentAdded(let body): run = body.run.rawValue
        case .labelPrinted(let body): run = body.run.rawValue
        case .blessingAnswered(let body):
            answered(body, sequence, at)
            run = body.run.rawValue
        case .runFinished(let body):
            finished(body, sequence, at)
            run = body.run.rawValue
        case .serialLeased(let body):
            leased(body, sequence)
            device = body.device
        case .serialConfirmed(let body):
            leaseEnded(body.serial, body.device, "confirmed", sequence)
            (run, device) = (body.run.rawValue, body.device)
        case .serialReturned(let body):
            leaseEnded(body.serial, body.device, "returned", sequence)
            device = body.device
        case .unitQuarantined(let body):
            quarantined(body, sequence, at)
            (run, device) = (body.run?.rawValue, body.device)
        case .unitReleased(let body):
            released(body, sequence, at)
            device = body.device
        case .note(let body):
            note(body, sequence, at)
            (run, device) = (body.run?.rawValue, body.device)
        default: break
        }
        events.row(columns: 6)
        events.int4(station)
        events.int8(sequence)
        events.int8(at)
        events.text(record.kind)
        events.int8(run)
        events.text(device)
    }

    // MARK: Runs

    private mutating func started(_ body: RunStarted, _ sequence: Int64, _ at: Int64) {
        known.runs[sequence] = RunFacts(device: nil, sku: body.sku, market: body.market)
        runs.insert(
            .init(first: sequence),
            [
                ("started_at", .integer(at)), ("slot", .integer(Int64(body.slot))),
                ("work_order", PlantValue(body.order)), ("sku", .text(body.sku)),
                ("sku_digest", .text(body.skuDigest.hex)), ("plan_digest", .text(body.planDigest.hex)),
                ("market", PlantValue(body.market)), ("operator", PlantValue(Self.seal(body.operatedBy))),
                ("fixture", .text(body.fixture)), ("program", .text(body.program)),
                ("scanned_code", PlantValue(body.scannedCode)),
                ("retest_of", PlantValue(body.retestOf?.rawValue)),
                ("firmware", PlantValue(body.firmware?.hex)),
            ])
        for image in body.images {
            runImages.row(columns: 6)
            runImages.int4(station)
            runImages.int8(sequence)
            runImages.int8(image.address)
            runImages.text(image.name)
            runImages.text(image.digest.hex)
            runImages.int8(image.size)
        }
    }

    private mutating func identified(_ body: UnitIdentified, _ sequence: Int64) {
        let facts: [(String, PlantValue)] = [
            ("imp_os", .text(body.impOS)), ("flash_jedec", .text(body.flashJEDEC)),
            ("flash_bytes", .integer(body.flashBytes)),
        ]
        let id = known.devices[body.device] ?? sequence
        if known.devices[body.device] == nil {
            known.devices[body.device] = id
            devices.insert(
                .init(first: id), facts + [("device_id", .text(body.device)), ("mac", .text(body.mac))])
        } else {
            devices.set(.init(first: id), facts)
        }
        known.runs[body.run.rawValue]?.device = id
        runs.set(.init(first: body.run.rawValue), [("device", .integer(id))])
    }

    private mutating func applied(_ effect: ActEffect, _ run: RunID, _ sequence: Int64) {
        guard let device = known.runs[run.rawValue]?.device else { return }
        switch effect {
        case .region(let code, let channels):
            devices.set(.init(first: device), [("region", .text(code)), ("channels", .text(channels))])
        case .nvram(let digest, _):
            devices.set(.init(first: device), [("nvram", .text(digest.hex))])
        case .image(let image):
            let key = ChangingRows.Key(first: device, second: image.address)
            let values: [(String, PlantValue)] = [
                ("name", .text(image.name)), ("digest", .text(image.digest.hex)),
                ("size", .integer(image.size)),
                ("seq", .integer(sequence)),
            ]
            if deviceImages.isNew(key) {
                deviceImages.set(key, values)
            } else if devices.isNew(.init(first: device)) {
                deviceImages.insert(key, values)
            } else {
                laterImages.append(
                    (
                        """
                        INSERT INTO device_image (station, device, address, name, digest, size, seq)
                        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (station, device, address) DO UPDATE SET
                            name = excluded.name, digest = excluded.digest, size = excluded.size, seq = excluded.seq
                        """,
                        [.integer(Int64(station)), .integer(device), .integer(image.address)]
                            + values.map(\.1)
                    ))
            }
        }
    }

    private mutating func answered(_ body: BlessingAnswered, _ sequence: Int64, _ at: Int64) {
        runs.set(
            .init(first: body.run.rawValue),
            [("blessing", .text(body.outcome.rawValue)), ("blessing_seq", .integer(sequence))])
        guard body.outcome == .blessed, let run = known.runs[body.run.rawValue], let device = run.device
        else { return }
        devices.set(
            .init(first: device),
            [
                ("blessed_seq", .integer(sequence)), ("blessed_at", .integer(at)),
                ("blessed_run", .integer(body.run.rawValue)), ("sku", .text(run.sku)),
                ("market", PlantValue(run.market)),
            ])
    }

    private mutating func finished(_ body: RunFinished, _ sequence: Int64, _ at: Int64) {
        runs.set(
            .init(first: body.run.rawValue),
            [
                ("outcome", .text(body.outcome.rawValue)), ("code", PlantValue(body.code)),
                ("reason", PlantValue(body.reason)), ("failed_step", PlantValue(body.failedStep)),
                ("finished_seq", .integer(sequence)), ("finished_at", .integer(at)),
            ])
    }

    // MARK: Serial numbers

    private mutating func leased(_ body: SerialLeased, _ sequence: Int64) {
        guard let device = known.devices[body.device] else { return }
        known.leases[body.serial] = sequence
        leases.insert(
            .init(first: sequence),
            [
                ("serial", .text(body.serial)), ("work_order", .text(body.order)),
                ("device", .integer(device)),
                ("device_id", .text(body.device)), ("state", .text("leased")),
            ])
    }

    private mutating func leaseEnded(_ serial: String, _ device: String, _ state: String, _ sequence: Int64) {
        if let lease = known.leases.removeValue(forKey: serial) {
            leases.set(.init(first: lease), [("state", .text(state)), ("ended_seq", .integer(sequence))])
        }
        guard state == "confirmed", let device = known.devices[device] else { return }
        devices.set(.init(first: device), [("serial", .text(serial))])
    }

    // MARK: Quarantine and notes

    private mutating func quarantined(_ body: UnitQuarantined, _ sequence: Int64, _ at: Int64) {
        guard let device = known.devices[body.device] else { return }
        known.quarantines[device] = sequence
        quarantines.insert(
            .init(first: sequence),
            [
                ("at", .integer(at)), ("device", .integer(device)), ("run", PlantValue(body.run?.rawValue)),
                ("by_whom", PlantValue(Self.seal(body.by))), ("reason", .text(body.reason)),
            ])
        devices.set(.init(first: device), [("quarantine", .integer(sequence))])
    }

    private mutating func released(_ body: UnitReleased, _ sequence: Int64, _ at: Int64) {
        guard let device = known.devices[body.device] else { return }
        if let quarantine = known.quarantines.removeValue(forKey: device) {
            quarantines.set(
                .init(first: quarantine),
                [
                    ("released_seq", .integer(sequence)), ("released_at", .integer(at)),
                    ("released_by", PlantValue(Self.seal(body.by))), ("release_reason", .text(body.reason)),
                ])
        }
        devices.set(.init(first: device), [("quarantine", .null)])
    }

    private mutating func note(_ body: Note, _ sequence: Int64, _ at: Int64) {
        notes.row(columns: 7)
        notes.int4(station)
        notes.int8(sequence)
        notes.int8(at)
        notes.text(body.text)
        notes.text(Self.seal(body.by))
        notes.int8(body.run?.rawValue)
        notes.text(body.device)
    }

    // MARK: Steps

    private mutating func step(_ body: StepFinished, _ sequence: Int64) {
        steps.row(columns: 9)
        steps.int4(station)
        steps.int8(sequence)
        steps.int8(body.run.rawValue)
        steps.int8(names.step(body.name))
        steps.int4(Int32(truncatingIfNeeded: body.attempt))
        steps.int2(Int16(body.outcome.code))
        steps.int8(body.startedMs)
        steps.int8(body.endedMs)
        steps.text(body.message)
        for (position, measurement) in body.measurements.enumerated() {
            measurements.row(columns: 8)
            measurements.int4(station)
            measurements.int8(sequence)
            measurements.int4(Int32(position))
            measurements.int8(names.measurand(measurement))
            switch measurement.value {
            case .number(let value):
                measurements.float8(value + 0)
                measurements.null()
                measurements.null()
            case .text(let value):
                measurements.null()
                measurements.text(value)
                measurements.null()
            case .bool(let value):
                measurements.null()
                measurements.null()
                measurements.int2(value ? 1 : 0)
            }
            measurements.int2(Int16(measurement.outcome.code))
        }
    }

    private static func seal(_ person: Person?) -> String? {
        guard case .sealed(let seal) = person else { return nil }
        return seal.hex
    }
}

/// Numbers for what thousands of rows share, taken from its SHA-256, and the rows that say what they stand for.
struct NameNumbers {
    private struct Measurand: Hashable {
        var name: String
        var unit: String?
        var limit: Limit?
    }

    private var stepNumbers: [String: Int64] = [:]
    private var measurandNumbers: [Measurand: Int64] = [:]
    /// Not at the plant yet, as far as is known.
    private(set) var newSteps: [(id: Int64, name: String)] = []
    private(set) var newMeasurands: [(id: Int64, columns: [PlantValue])] = []
    /// Names and limits that are remembered; limits made up for each unit would be endless.
    private static let most = 65_536

    mutating func step(_ name: String) -> Int64 {
        if let number = stepNumbers[name] { return number }
        if stepNumbers.count >= Self.most { stepNumbers.removeAll() }
        let number = Self.number("step\n" + name)
        stepNumbers[name] = number
        newSteps.append((number, name))
        return number
    }

    mutating func measurand(_ measurement: Measurement) -> Int64 {
        let key = Measurand(name: measurement.name, unit: measurement.unit, limit: measurement.limit)
        if let number = measurandNumbers[key] { return number }
        if measurandNumbers.count >= Self.most { measurandNumbers.removeAll() }
        var (low, high): (Double?, Double?)
        var (equals, matches): (String?, String?)
        switch measurement.limit {
        case nil: break
        case .range(let least, let most): (low, high) = (least.map { $0 + 0 }, most.map { $0 + 0 })
        case .equals(let value): equals = Self.json(value)
        case .matches(let pattern): matches = pattern
        }
        var writer = CanonicalJSONWriter()
        writer.beginArray()
        for text in [key.name, key.unit ?? "\u{0}", equals ?? "\u{0}", matches ?? "\u{0}"] {
            writer.element()
            writer.string(text)
        }
        for value in [low, high] {
            writer.element()
            if let value { writer.number(value) } else { writer.null() }
        }
        writer.endArray()
        let number = Self.number("measurand\n" + String(decoding: writer.bytes, as: UTF8.self))
        measurandNumbers[key] = number
        newMeasurands.append(
            (
                number,
                [
                    .text(key.name), PlantValue(key.unit), PlantValue(low), PlantValue(high),
                    PlantValue(equals),
                    PlantValue(matches),
                ]
            ))
        return number
    }

    /// They are at the plant now.
    mutating func settled() {
        newSteps.removeAll()
        newMeasurands.removeAll()
    }

    private static func json(_ value: MeasurementValue) -> String {
        var writer = CanonicalJSONWriter()
        switch value {
        case .number(let number): writer.number(number + 0)
        case .text(let text): writer.string(text)
        case .bool(let flag): writer.raw(Array((flag ? "true" : "false").utf8))
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The first 63 bits: two of a hundred thousand names meet with a chance of one in two billion.
    private static func number(_ text: String) -> Int64 {
        let bytes = SHA256Digest(of: Array(text.utf8)).bytes
        return Int64(bytes.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) } >> 1)
    }
}
