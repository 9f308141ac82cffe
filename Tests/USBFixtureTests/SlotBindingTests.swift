import Testing
import TimeAndChance
import USBTransport

@testable import USBFixture

@Suite struct SlotBindingTests {
    static func path(_ text: String) -> USBPath { USBPath(text) ?? USBPath(bus: 255, ports: [255]) }

    static func adapter(
        _ path: String, _ serial: String?, release: UInt16 = 0x0700, access: USBAccess = .granted
    ) -> USBDeviceInfo {
        USBDeviceInfo(
            path: Self.path(path), vendorID: 0x0403, productID: 0x6010, release: release, product: "Fixture",
            serial: serial,
            access: access)
    }

    static let present = [
        adapter("1-1", "AAA"), adapter("1-2", "BBB"), adapter("1-3", nil), adapter("1-4", "DUP"),
        adapter("1-5", "DUP"),
        adapter("1-6", "OLD", release: 0x0600), adapter("1-7", "SHUT", access: .denied),
    ]

    struct Row: Sendable, CustomTestStringConvertible {
        var path: String?
        var serial: String?
        var outcome: Result<String, BindingProblem>
        var testDescription: String { "\(path ?? "-") \(serial ?? "-")" }
    }

    @Test(arguments: [
        Row(path: "1-1", serial: "AAA", outcome: .success("1-1")),
        Row(path: "1-1", serial: nil, outcome: .success("1-1")),
        Row(path: nil, serial: "BBB", outcome: .success("1-2")),
        Row(path: "1-3", serial: nil, outcome: .success("1-3")),
        Row(path: "1-4", serial: "DUP", outcome: .success("1-4")),
        Row(path: "2-1", serial: nil, outcome: .failure(.emptySocket(slot: "A", path: path("2-1")))),
        Row(
            path: "2-1", serial: "AAA",
            outcome: .failure(.moved(slot: "A", serial: "AAA", expected: path("2-1"), found: path("1-1")))),
        Row(
            path: "1-2", serial: "AAA",
            outcome: .failure(.swapped(slot: "A", path: path("1-2"), expected: "AAA", found: "BBB"))),
        Row(
            path: "1-3", serial: "AAA",
            outcome: .failure(.swapped(slot: "A", path: path("1-3"), expected: "AAA", found: nil))),
        Row(
            path: nil, serial: "DUP",
            outcome: .failure(.ambiguousSerial(slot: "A", serial: "DUP", paths: [path("1-4"), path("1-5")]))),
        Row(
            path: "1-6", serial: nil,
            outcome: .failure(
                .wrongDevice(slot: "A", label: "USB 1-6 (OLD)", identifier: "0403:6010 \"Fixture\""))),
        Row(path: "1-7", serial: nil, outcome: .failure(.noPermission(slot: "A", label: "USB 1-7 (SHUT)"))),
    ])
    func aSlotGetsExactlyItsAdapterOrASentence(_ row: Row) throws {
        let binding = try SlotBinding(slot: "A", path: row.path.map(Self.path), serial: row.serial)
        let result = try #require(SlotBindings.resolve([binding], among: Self.present)["A"])
        #expect(result.map(\.path.description) == row.outcome)
        if case .failure(let problem) = result {
            #expect(problem.description.hasPrefix("Slot A: "))
            #expect(problem.description.contains(row.path ?? row.serial ?? ""))
        }
    }

    @Test func noTwoSlotsShareAnAdapter() throws {
        let bindings = [
            try SlotBinding(slot: "A", path: Self.path("1-1"), serial: nil),
            try SlotBinding(slot: "B", path: nil, serial: "AAA"),
            try SlotBinding(slot: "C", path: Self.path("1-2"), serial: nil),
        ]
        let results = SlotBindings.resolve(bindings, among: Self.present)
        #expect(results["A"] == .failure(.claimedTwice(slot: "A", other: "B", label: "USB 1-1 (AAA)")))
        #expect(results["B"] == .failure(.claimedTwice(slot: "B", other: "A", label: "USB 1-1 (AAA)")))
        #expect((try? results["C"]?.get())?.path == Self.path("1-2"))
    }

    @Test func noAdapterIsEverGivenTwiceWhateverIsConfigured() throws {
        let seed: UInt64 = 20
        var generator = SeededGenerator(seed: seed)
        for round in 0..<300 {
            var bindings: [SlotBinding] = []
            for slot in 0..<6 {
                let device = Self.present.randomElement(using: &generator)
                let byPath = Bool.random(using: &generator)
                let bySerial = !byPath || Bool.random(using: &generator)
                bindings.append(
                    try SlotBinding(
                        slot: "\(slot)", path: byPath ? device?.path : nil,
                        serial: bySerial ? device?.serial ?? "none" : nil))
            }
            let given = SlotBindings.resolve(bindings, among: Self.present).values.compactMap {
                try? $0.get().path
            }
            #expect(Set(given).count == given.count, "seed \(seed) round \(round)")
        }
    }

    @Test func aBindingNeedsSomethingToGoBy() {
        #expect(throws: BindingProblem.nothingToGoBy(slot: "A")) {
            try SlotBinding(slot: "A", path: nil, serial: "")
        }
    }

    @Test(arguments: [
        "", "1", "1-", "-1", "1-0", "1-1.", "a-1", "1-1.1.1.1.1.1.1.1", "1-256", "1-+1", " 1-1",
    ])
    func nonsenseIsNoPath(text: String) {
        #expect(USBPath(text) == nil)
    }

    @Test func theListingNamesEveryAdapterAndItsSlot() throws {
        let bindings = [
            try SlotBinding(slot: "A", path: Self.path("1-1"), serial: "AAA"),
            try SlotBinding(slot: "B", path: Self.path("2-1"), serial: nil),
        ]
        let table = USBListing.table(Self.present, bindings: bindings)
        #expect(
            table == """
                PATH  ID         SERIAL  CHIP     SLOT  PRODUCT
                1-1   0403:6010  AAA     FT2232H  A     Fixture
                1-2   0403:6010  BBB     FT2232H  -     Fixture
                1-3   0403:6010  (none)  FT2232H  -     Fixture
                1-4   0403:6010  DUP     FT2232H  -     Fixture
                1-5   0403:6010  DUP     FT2232H  -     Fixture
                1-6   0403:6010  OLD     FT232R   -     Fixture (serial port only)
                1-7   0403:6010  SHUT    FT2232H  -     Fixture (no permission: see stations/udev)
                Slot B: nothing is plugged in at USB 2-1. Check the cable and the hub's power.
                """)
    }

    @Test func aHostileSerialNumberCantEscapeFromAUdevRule() {
        let rule = USBListing.udevRule(for: Self.adapter("1-1", "X\", RUN+=\"/bin/sh\n"))
        #expect(rule.contains("ATTR{serial}==\"X, RUN+=/bin/sh\""))
        #expect(!rule.contains("\n"))
    }
}
