import GRDB
import Ledger

/// A unit as it stands.
public struct DeviceRow: Codable, Equatable, Sendable, FetchableRecord {
    /// Device ID.
    public var device: String
    public var mac: String
    public var impOS: String
    public var flashJEDEC: String
    /// Bytes.
    public var flashBytes: Int64
    /// As read back, `%08X`.
    public var region: String?
    public var channels: String?
    /// SHA-256 of the NVRAM image, hex.
    public var nvram: String?
    public var nvramToken: String?
    public var blessedAt: Int64?
    public var blessedRun: RunID?
    public var sku: String?
    public var market: String?
    /// Confirmed.
    public var serial: String?
    /// The entry that put it into quarantine, while it is there.
    public var quarantine: Int64?

    public var isBlessed: Bool { blessedRun != nil }
    public var isQuarantined: Bool { quarantine != nil }

    static let select = """
        SELECT d.device_id AS device, d.mac, m.imp_os AS impOS, m.flash_jedec AS flashJEDEC,
            m.flash_bytes AS flashBytes, d.region, d.channels, w.digest AS nvram, w.token AS nvramToken,
            d.blessed_at AS blessedAt, d.blessed_run AS blessedRun, d.sku, d.market, d.serial, d.quarantine
        FROM device d LEFT JOIN module m ON m.id = d.module LEFT JOIN nvram w ON w.id = d.nvram
        """
}

/// A run as it stands.
public struct RunRow: Codable, Equatable, Sendable, FetchableRecord {
    public var run: RunID
    public var startedAt: Int64
    public var slot: Int
    public var order: String?
    public var sku: String
    public var skuDigest: String
    public var planDigest: String
    public var market: String?
    /// The operator's name; nil when there was none or the name was forgotten.
    public var operatorName: String?
    /// The operator's seal in the ledger, hex.
    public var operatorSeal: String?
    public var fixture: String
    public var program: String
    /// Hex SHA-256 of the factory firmware that the unit was given, where it is known.
    public var firmware: String?
    public var scannedCode: String?
    public var retestOf: RunID?
    /// Device ID, once the unit has said it.
    public var device: String?
    public var mac: String?
    public var blessing: BlessingOutcome?
    public var finishedAt: Int64?
    /// Nil while it runs, or when the station died in it.
    public var outcome: RunOutcome?
    public var code: String?
    public var reason: String?
    public var failedStep: String?

    static let select = """
        SELECT r.id AS run, r.started_at AS startedAt, r.slot, r.work_order AS "order", u.sku,
            u.sku_digest AS skuDigest, u.plan_digest AS planDigest, u.market, p.name AS operatorName,
            u.operator AS operatorSeal, u.fixture, u.program, u.firmware, r.scanned_code AS scannedCode,
            r.retest_of AS retestOf, d.device_id AS device, d.mac, r.blessing, r.finished_at AS finishedAt, r.outcome,
            r.code, r.reason, r.failed_step AS failedStep
        FROM run r LEFT JOIN run_setup u ON u.id = r.setup LEFT JOIN device d ON d.id = r.device
            LEFT JOIN person p ON p.seal = u.operator
        """
}

/// An intent and, when there is one, its result.
public struct ActRow: Codable, Equatable, Sendable {
    public var run: RunID
    public var act: Int
    public var kind: ActKind
    public var intendedAt: Int64
    public var intentSequence: Int64
    public var detail: [String: String]
    /// Nil: nothing is known. `unknown`: it is known that nothing is known.
    public var outcome: ActOutcome?
    public var resultSequence: Int64?
    public var resultDetail: [String: String]?
    /// What was read back, as JSON.
    public var effectJSON: String?

    /// Whether the device has to be asked.
    public var isOpen: Bool { outcome == nil || outcome == .unknown }

    /// What was read back.
    public var effect: ActEffect? {
        guard let effectJSON, let json = try? JSONValue(parsing: Array(effectJSON.utf8)),
            var fields = try? RecordFields(kind: "effect", json: json)
        else { return nil }
        return try? ActEffect(from: &fields)
    }

    static let select = """
        SELECT a.run, a.number, k.text AS kind, a.intent_seq, a.intent_at, i.text AS intent_detail, a.result_seq, a.outcome,
            o.text AS result_detail, e.text AS effect
        FROM act a JOIN phrase k ON k.id = a.kind JOIN phrase i ON i.id = a.intent_detail
            LEFT JOIN phrase o ON o.id = a.result_detail LEFT JOIN phrase e ON e.id = a.effect
        """

    init(_ row: Row) {
        run = RunID(rawValue: row["run"])
        act = row["number"]
        kind = ActKind(rawValue: row["kind"])
        intendedAt = row["intent_at"]
        intentSequence = row["intent_seq"]
        detail = Self.texts(row["intent_detail"])
        outcome = (row["outcome"] as String?).flatMap(ActOutcome.init(rawValue:))
        resultSequence = row["result_seq"]
        resultDetail = (row["result_detail"] as String?).map(Self.texts)
        effectJSON = row["effect"]
    }

    private static func texts(_ json: String) -> [String: String] {
        guard case .object(let members) = try? JSONValue(parsing: Array(json.utf8)) else { return [:] }
        var texts: [String: String] = [:]
        for case (let key, .string(let text)) in members.map({ ($0.key, $0.value) }) { texts[key] = text }
        return texts
    }
}

/// A run that never came to an end: what a station has to look at when it starts.
public struct UnfinishedRun: Codable, Equatable, Sendable {
    public var run: RunRow
    /// Nil when the unit had not said who it is.
    public var device: DeviceRow?
    /// In the order of their numbers.
    public var acts: [ActRow]
    /// A serial number that is set aside for the unit in the run's order.
    public var leasedSerial: String?

    /// Those that nobody knows the end of.
    public var openActs: [ActRow] { acts.filter(\.isOpen) }
    /// The number for the next act.
    public var nextAct: Int { (acts.map(\.act).max() ?? 0) + 1 }
}

/// One value measured.
public struct MeasurementRow: Codable, Equatable, Sendable {
    public var name: String
    public var value: MeasurementValue
    public var unit: String?
    public var low: Double?
    public var high: Double?
    public var equals: MeasurementValue?
    public var matches: String?
    public var outcome: MeasurementOutcome
}

/// One attempt at a step.
public struct StepRow: Codable, Equatable, Sendable {
    /// Its entry.
    public var sequence: Int64
    public var name: String
    public var attempt: Int
    public var outcome: StepOutcome
    /// On the slot's clock.
    public var startedMs: Int64
    public var endedMs: Int64
    public var message: String?
    public var measurements: [MeasurementRow]
}

/// An image that a run was to write, or that a unit holds.
public struct ImageRow: Codable, Equatable, Sendable, FetchableRecord {
    public var name: String
    public var address: Int64
    public var digest: String
    public var size: Int64
}

/// What a unit said of itself.
public struct IdentificationRow: Codable, Equatable, Sendable {
    public var sequence: Int64
    public var device: String
    public var impOS: String
    public var flashJEDEC: String
    public var flashBytes: Int64
    public var warnings: [String]
}

public struct AttachmentRow: Codable, Equatable, Sendable, FetchableRecord {
    public var sequence: Int64
    public var step: String?
    public var name: String
    public var digest: String
    public var size: Int64
    public var mediaType: String
}

public struct LabelRow: Codable, Equatable, Sendable, FetchableRecord {
    public var sequence: Int64
    public var at: Int64
    public var serial: String?
    public var digest: String
    public var destination: String
}

public struct QuarantineRow: Codable, Equatable, Sendable, FetchableRecord {
    public var sequence: Int64
    public var at: Int64
    public var run: RunID?
    public var by: String?
    public var reason: String
    public var releasedAt: Int64?
    public var releasedBy: String?
    public var releaseReason: String?
}

public struct NoteRow: Codable, Equatable, Sendable, FetchableRecord {
    public var sequence: Int64
    public var at: Int64
    public var text: String
    public var by: String?
    public var run: RunID?
    public var device: String?
}

/// How a serial number stands; one row for each time it was leased.
public struct SerialStatus: Codable, Equatable, Sendable, FetchableRecord {
    public enum State: String, Codable, Sendable { case leased, confirmed, returned }

    public var serial: String
    public var order: String
    public var device: String
    public var state: State
    /// Entry of the lease.
    public var sequence: Int64

    static let select = """
        SELECT l.serial, l.work_order AS "order", d.device_id AS device, l.state, l.seq AS sequence
        FROM serial_lease l JOIN device d ON d.id = l.device
        """
}

/// How a work order stands.
public struct OrderStatus: Codable, Equatable, Sendable, FetchableRecord {
    public var order: String
    public var sku: String
    public var market: String?
    public var quantity: Int
    public var openedAt: Int64
    public var isClosed: Bool
    public var closeReason: String?
    public var blessed: Int
    /// Runs that ended otherwise than passed.
    public var failedRuns: Int
    /// Runs under way whose unit is not blessed yet.
    public var running: Int
    public var serialPrefix: String?
    public var serialSuffix: String?
    public var serialWidth: Int?
    public var serialFirst: Int64?
    public var serialLast: Int64?
    /// Serial numbers that can still be leased; nil without a range. Of a shared order: of what was granted here.
    public var serialsLeft: Int64?
    /// Several stations share the numbers; nil in records of programs that knew of no sharing.
    public var serialsShared: Bool?

    /// Units that are neither blessed nor under way.
    public var left: Int { max(0, quantity - blessed - running) }

    static let select = """
        SELECT o.id AS "order", o.sku, o.market, o.quantity, o.opened_at AS openedAt,
            o.closed_seq IS NOT NULL AS isClosed, o.close_reason AS closeReason, o.blessed, o.failed AS failedRuns,
            (SELECT count(*) FROM run r WHERE +r.work_order = o.id AND r.outcome IS NULL
                AND r.blessing IS NOT 'blessed') AS running,
            o.serial_prefix AS serialPrefix, o.serial_suffix AS serialSuffix, o.serial_width AS serialWidth, o.serial_first AS serialFirst,
            o.serial_last AS serialLast,
            o.serial_shared AS serialsShared,
            CASE WHEN o.serial_shared THEN (SELECT coalesce(sum(b.last - b.next + 1), 0) FROM serial_block b
                WHERE b.work_order = o.id) ELSE o.serial_last - o.serial_next + 1 END + (SELECT count(DISTINCT l.serial) FROM serial_lease l
                WHERE l.work_order = o.id AND l.state = 'returned' AND l.number IS NOT NULL AND NOT EXISTS
                    (SELECT 1 FROM serial_lease u WHERE u.serial = l.serial AND u.state <> 'returned')) AS serialsLeft
        FROM work_order o
        """
}

/// Everything about a run.
public struct RunReport: Codable, Equatable, Sendable {
    public var run: RunRow
    /// What the plan was to write.
    public var images: [ImageRow]
    public var identifications: [IdentificationRow]
    public var acts: [ActRow]
    public var steps: [StepRow]
    public var attachments: [AttachmentRow]
    public var labels: [LabelRow]
    public var notes: [NoteRow]
}

/// The complete life of a unit.
public struct UnitReport: Codable, Equatable, Sendable {
    public var device: DeviceRow
    /// Verified in its flash.
    public var images: [ImageRow]
    /// Oldest first.
    public var runs: [RunReport]
    public var serials: [SerialStatus]
    public var quarantines: [QuarantineRow]
    public var notes: [NoteRow]
    /// Sequence numbers of all entries about it.
    public var entries: [Int64]
    /// The archive with the rest of its life, when that isn't here: steps, acts and entries of old runs are missing above.
    public var elsewhere: ArchiveRow?
}

extension MeasurementValue: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .bool(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .bool(let value): try container.encode(value)
        }
    }
}
