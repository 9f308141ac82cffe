import ContentAddress
import Foundation
import Ledger
import Testing

@testable import StationStore

@Suite struct RecordTests {
    static let sealed = Person.sealed(SHA256Digest(of: [9]))
    static let run = RunID(rawValue: 7)

    /// One of each kind, with every member there is.
    static let full: [Record] = [
        .stationCreated(StationCreated(program: "1.0", verifierKey: "a+00000000+AA==")),
        .stationStarted(StationStarted(program: "1.0", detail: ["config": "abc", "slots": "4"])),
        .stationStopped(StationStopped(reason: "shift ended")),
        .contentStored(
            ContentStored(digest: skuDigest, size: 12, name: "a.yaml", mediaType: "application/yaml")),
        .orderOpened(
            OrderOpened(
                order: "WO-1", sku: "lamp", quantity: 5, market: "EU",
                serials: SerialRange(prefix: "L", first: 1, last: 9, width: 4))),
        .orderClosed(OrderClosed(order: "WO-1", reason: "done")),
        .serialsGranted(SerialsGranted(order: "WO-1", first: 1, last: 4)),
        .serialLeased(SerialLeased(order: "WO-1", device: unit(1).device, serial: "L0001")),
        .serialConfirmed(SerialConfirmed(serial: "L0001", device: unit(1).device, run: run)),
        .serialReturned(SerialReturned(serial: "L0001", device: unit(1).device, reason: "failed")),
        .runStarted(
            RunStarted(
                slot: 2, sku: "lamp", skuDigest: skuDigest, planDigest: planDigest, order: "WO-1",
                market: "EU",
                images: [image], operatedBy: sealed, firmware: planDigest, fixture: "slot 2", program: "1.0",
                scannedCode: "x",
                retestOf: run)
        ),
        .unitIdentified(
            UnitIdentified(
                run: run, device: unit(1).device, mac: unit(1).mac, impOS: "30", flashJEDEC: "c22015",
                flashBytes: 1 << 21,
                warnings: ["tail differs", "é\n"])),
        .actIntended(ActIntended(run: run, act: 1, kind: .regionSet, detail: ["code": "00004247"])),
        .actFinished(
            ActFinished(
                run: run, act: 1, outcome: .ok, effect: .region(code: "00004247", channels: "1-13"),
                detail: ["read": "00004247"])),
        .stepFinished(
            StepFinished(
                run: run, name: "s", attempt: 2, outcome: .failed, startedMs: 1, endedMs: 2, message: "no",
                measurements: [
                    Measurement(
                        name: "a", value: .number(-1.5e-7), unit: "V", limit: .range(low: -1, high: 2),
                        outcome: .passed),
                    Measurement(
                        name: "b", value: .bool(false), limit: .equals(.bool(true)), outcome: .failed),
                    Measurement(name: "c", value: .text("x"), limit: .matches("^y$"), outcome: .failed),
                    Measurement(
                        name: "d", value: .number(3), limit: .range(low: nil, high: 4), outcome: .passed),
                    Measurement(name: "e", value: .number(3), limit: .equals(.number(3)), outcome: .passed),
                    Measurement(name: "f", value: .text("free"), outcome: .notJudged),
                ])),
        .attachmentAdded(
            AttachmentAdded(
                run: run, name: "log", digest: skuDigest, size: 3, mediaType: "text/plain", step: "s")),
        .labelPrinted(LabelPrinted(run: run, serial: "L0001", digest: skuDigest, destination: "spool")),
        .blessingAnswered(BlessingAnswered(run: run, outcome: .noAnswer, detail: ["waited": "30 s"])),
        .runFinished(RunFinished(run: run, outcome: .error, code: "E1", reason: "r", failedStep: "s")),
        .unitQuarantined(UnitQuarantined(device: unit(1).device, by: sealed, reason: "r", run: run)),
        .unitReleased(UnitReleased(device: unit(1).device, by: sealed, reason: "r")),
        .clockSetBack(ClockSetBack(from: 2000, to: 1000)),
        .note(Note(text: "n", by: sealed, run: run, device: unit(1).device)),
        .personActed(
            PersonActed(
                act: .roleChanged, by: sealed, place: "console", person: sealed, detail: ["to": "admin"],
                happenedAt: 1)),
        .personForgotten(PersonForgotten(number: 1, by: sealed, place: "console")),
        .configurationChanged(
            ConfigurationChanged(
                change: .used, revision: skuDigest, by: sealed, place: "station", signedBy: sealed,
                signer: planDigest, reason: "r")),
        .orderLocked(OrderLocked(order: "WO-1", revision: skuDigest, by: sealed)),
        .orderUnlocked(OrderUnlocked(order: "WO-1", by: sealed, reason: "r")),
        .keyChanged(
            KeyChanged(
                change: .replaced, verifierKey: "a+00000000+AA==", note: "n", by: sealed, reason: "r",
                last: "l")),
        .clockDoubted(ClockDoubted(source: "monotonic", expected: 2, found: 1)),
        .archiveWritten(ArchiveWritten(entries: 512, digest: skuDigest, bytes: 5, file: "2025.db")),
    ]

    @Test func everyKindIsInTheTable() {
        #expect(Self.full.map(\.kind) == Record.kinds)
    }

    @Test(arguments: full)
    func everyKindReadsBack(record: Record) throws {
        try record.check()
        let json = record.canonicalJSON
        let value = try JSONValue(parsing: json)
        // The parser sorts for itself: keys were written in order.
        #expect(value.canonicalBytes == json, "\(String(decoding: json, as: UTF8.self))")
        #expect(try Record(kind: record.kind, json: value) == record)
    }

    /// Each member is missed when it is required, and a stranger is never passed over.
    @Test(arguments: full)
    func membersAreNeitherDroppedNorAdded(record: Record) throws {
        guard case .object(let members) = try JSONValue(parsing: record.canonicalJSON) else {
            Issue.record("no object")
            return
        }
        for index in members.indices {
            var fewer = members
            let gone = fewer.remove(at: index)
            if let read = try? Record(kind: record.kind, json: .object(fewer)) {
                #expect(read != record, "\(gone.key)")
            }
            var wrong = members
            wrong[index].value = .array([.null])
            #expect(throws: RecordFault.self, "\(gone.key)") {
                try Record(kind: record.kind, json: .object(wrong))
            }
        }
        let more = members + [JSONValue.Member(key: "zzz", value: .integer(1))]
        #expect(throws: RecordFault.self) { try Record(kind: record.kind, json: .object(more)) }
        #expect(throws: RecordFault.self) { try Record(kind: "no.such", json: .object(members)) }
    }

    @Test(
        arguments: [
            .unitIdentified(
                UnitIdentified(
                    run: run, device: "30000C2A69000001", mac: unit(1).mac, impOS: "30", flashJEDEC: "c22015",
                    flashBytes: 1)),
            .unitIdentified(
                UnitIdentified(
                    run: run, device: unit(1).device, mac: "0c:2a:69:00:00:01", impOS: "30",
                    flashJEDEC: "c22015", flashBytes: 1)
            ),
            .unitIdentified(
                UnitIdentified(
                    run: run, device: unit(1).device, mac: unit(1).mac, impOS: "", flashJEDEC: "c22015",
                    flashBytes: 1)),
            .actFinished(
                ActFinished(
                    run: run, act: 1, outcome: .ok, effect: .region(code: "00004247x", channels: "1-13"))),
            .actFinished(
                ActFinished(
                    run: run, act: 1, outcome: .failed, effect: .region(code: "00004247", channels: "1-13"))),
            .actIntended(ActIntended(run: run, act: 0, kind: .bless)),
            .stepFinished(
                StepFinished(run: run, name: "s", attempt: 0, outcome: .passed, startedMs: 0, endedMs: 0)),
            .stepFinished(StepFinished(run: run, name: "s", outcome: .passed, startedMs: 2, endedMs: 1)),
            .stepFinished(StepFinished(run: run, name: "a\nb", outcome: .passed, startedMs: 1, endedMs: 1)),
            .stepFinished(
                StepFinished(
                    run: run, name: "s", outcome: .passed, startedMs: 1, endedMs: 1,
                    measurements: [Measurement(name: "m", value: .number(.nan), outcome: .notJudged)])),
            .stepFinished(
                StepFinished(
                    run: run, name: "s", outcome: .passed, startedMs: 1, endedMs: 1,
                    measurements: [Measurement(name: "m", value: .number(1), outcome: .passed)])),
            .stepFinished(
                StepFinished(
                    run: run, name: "s", outcome: .passed, startedMs: 1, endedMs: 1,
                    measurements: [
                        Measurement(
                            name: "m", value: .number(1), limit: .equals(.number(2)), outcome: .failed)
                    ])),
            .orderOpened(OrderOpened(order: "o", sku: "s", quantity: 0)),
            .orderOpened(
                OrderOpened(
                    order: "o", sku: "s", quantity: 1,
                    serials: SerialRange(prefix: "", first: 5, last: 4, width: 3))),
            .orderOpened(
                OrderOpened(
                    order: "o", sku: "s", quantity: 1,
                    serials: SerialRange(prefix: "", first: 1, last: 1000, width: 3))),
            .note(Note(text: String(repeating: "x", count: 70_000))),
        ] as [Record])
    func valuesOutOfShapeAreRefused(record: Record) {
        #expect(throws: RecordFault.self) { try record.check() }
    }

    @Test(
        arguments: [
            ("L", 1, 9, 4, "L", 10, 19, 4, false), ("L", 1, 10, 4, "L", 10, 19, 4, true),
            ("L", 1, 9, 4, "M", 1, 9, 4, false), ("L", 1, 9, 4, "L", 1, 9, 5, false),
            ("L0", 1, 9, 3, "L", 1, 9, 4, true), ("L1", 0, 9, 3, "L", 1000, 1000, 4, true),
            ("L1", 0, 9, 3, "L", 1010, 1020, 4, false), ("LX", 0, 9, 3, "L", 0, 9999, 4, false),
        ] as [(String, Int64, Int64, Int, String, Int64, Int64, Int, Bool)])
    func serialRangesOverlap(
        p1: String, f1: Int64, l1: Int64, w1: Int, p2: String, f2: Int64, l2: Int64, w2: Int, expected: Bool
    ) {
        let one = SerialRange(prefix: p1, first: f1, last: l1, width: w1)
        let two = SerialRange(prefix: p2, first: f2, last: l2, width: w2)
        #expect(one.overlaps(two) == expected)
        #expect(two.overlaps(one) == expected)
        let texts = Set((f1...l1).map(one.text))
        #expect((f2...l2).contains { texts.contains(two.text($0)) } == expected)
    }

    @Test(arguments: [
        ("L0042", 42), ("L042", nil), ("L0100", nil), ("M0042", nil), ("L00-1", nil), ("L 042", nil),
    ])
    func serialNumbersAreRecognized(text: String, number: Int64?) {
        #expect(SerialRange(prefix: "L", first: 1, last: 99, width: 4).number(of: text) == number)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_750_000_000_123, "2025-06-15T15:06:40.123Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        ] as [(Int64, String)])
    func timesAreReadable(milliseconds: Int64, text: String) {
        #expect(UTCTime.text(milliseconds) == text)
    }
}
