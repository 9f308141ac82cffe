import Testing

@testable import SerialNOR

/// Which erases are chosen, as a table. One letter for each 4 KB sector of one 64 KB block:
/// `=` right already and full, `_` right already and blank, `p` needs programming only, `e` must be erased,
/// `-` not touched by any image, `h` right already, its upper half not touched.
@Suite struct ErasePlanningTests {
    struct Row: Sendable, CustomStringConvertible {
        var sectors: String
        /// Opcode and sector number in the block.
        var erases: [String]
        var only4KAnd64K = false
        var kept: Range<Int>?
        var description: String { sectors }
    }

    static let rows = [
        Row(sectors: "================", erases: []),
        Row(sectors: "pppppppppppppppp", erases: []),
        Row(sectors: "eeeeeeeeeeeeeeee", erases: ["D8@0"]),
        Row(sectors: "=====e==========", erases: ["20@5"]),
        Row(sectors: "e______________e", erases: ["20@0", "20@15"]),
        Row(sectors: "eeeeeeee========", erases: ["52@0"]),
        Row(sectors: "========eeeeeeee", erases: ["52@8"]),
        Row(sectors: "eeeeeeee________", erases: ["52@0"]),
        Row(sectors: "eeeeeeee_____eee", erases: ["D8@0"]),
        Row(sectors: "eee_____========", erases: ["52@0"]),
        Row(sectors: "ee======ee======", erases: ["20@0", "20@1", "20@8", "20@9"]),
        Row(
            sectors: "eeeeeeeeeeeeeee-",
            erases: ["52@0", "20@8", "20@9", "20@10", "20@11", "20@12", "20@13", "20@14"]),
        Row(sectors: "-eee----eeeeeeee", erases: ["20@1", "20@2", "20@3", "52@8"]),
        Row(sectors: "eeeeeeeeeeeeeeee", erases: ["D8@0"], only4KAnd64K: true),
        Row(sectors: "eeee____----____", erases: ["20@0", "20@1", "20@2", "20@3"], only4KAnd64K: true),
        Row(sectors: "eeeeeeeepppppppp", erases: ["52@0"]),
        // The kept region lies in sector 15: no erase that reaches it, though all of its sector's bytes would be put back.
        Row(
            sectors: "eeeeeeeeeeeeeee-",
            erases: ["52@0", "20@8", "20@9", "20@10", "20@11", "20@12", "20@13", "20@14"],
            kept: 0xF800..<0x10000),
        Row(sectors: "eeeeeeeeeeeeeeeh", erases: ["D8@0"]),
        Row(
            sectors: "eeeeeeeeeeeeeeeh",
            erases: ["52@0", "20@8", "20@9", "20@10", "20@11", "20@12", "20@13", "20@14"],
            kept: 0xF800..<0x10000),
    ]

    @Test(arguments: rows)
    func erasesAreChosen(row: Row) throws {
        let plan = try plan(row)
        let block = 0x90000
        let chosen = plan.units.flatMap(\.erases).map {
            "\(String($0.opcode, radix: 16, uppercase: true))@\(($0.address - block) / 4096)"
        }
        #expect(chosen == row.erases)
        for (index, letter) in row.sectors.enumerated() {
            let action = plan.sectors.first { $0.address == block + index * 4096 }?.action
            switch letter {
            case "-": #expect(action == nil)
            case "e":
                if case .erase? = action {
                } else {
                    Issue.record("sector \(index) is \(String(describing: action))")
                }
            case "p": #expect(action == .program)
            default: break
            }
        }
    }

    private func plan(_ row: Row) throws -> FlashPlan {
        let timing = ChipTiming(
            pageProgram: OperationTime(typical: .microseconds(700), limit: .milliseconds(3)),
            erase4K: OperationTime(typical: .milliseconds(50), limit: .milliseconds(400)),
            erase32K: OperationTime(typical: .milliseconds(120), limit: .milliseconds(1600)),
            erase64K: OperationTime(typical: .milliseconds(150), limit: .seconds(2)))
        let small = EraseOperation(opcode: 0x20, size: 4096, largestPlausibleSize: 4096)
        let block = EraseOperation(opcode: 0xD8, size: 65536, largestPlausibleSize: 65536)
        let chip = provenChip(size: 1 << 20, erases: row.only4KAnd64K ? [small, block] : nil, timing: timing)
        let geometry = try FlashGeometry(reservationEnd: 0x70000, chipSize: 1 << 20)
        let base = 0x90000
        let regions = row.kept.map {
            [FlashRegion(name: "kept", range: base + $0.lowerBound..<base + $0.upperBound, access: .kept)]
        }
        let planner = FlashPlanner(
            chip: chip, layout: try FlashLayout(geometry: geometry, regions: regions ?? []))
        var images: [FlashImage] = []
        var current = [UInt8](repeating: 0xFF, count: 65536)
        for (index, letter) in row.sectors.enumerated() where letter != "-" {
            let range = index * 4096..<(index + 1) * 4096
            let wanted: UInt8 = letter == "_" ? 0xFF : 0x0F
            let now: UInt8 =
                switch letter {
                case "e": 0xF0;
                case "p": 0x1F;
                default: wanted
                }
            current.replaceSubrange(range, with: repeatElement(now, count: 4096))
            images.append(
                try FlashImage(
                    name: "sector \(index)",
                    bytes: [UInt8](repeating: wanted, count: letter == "h" ? 2048 : 4096),
                    at: base + range.lowerBound,
                    in: geometry))
        }
        let ordered = try planner.admitted(images)
        let runs = FlashPlanner.touchedRuns(ordered).map {
            FlashPlanner.Content.Run(
                range: $0, bytes: Array(current[$0.lowerBound - base..<$0.upperBound - base]))
        }
        return try planner.plan(ordered, current: FlashPlanner.Content(runs: runs, bytesRead: 0))
    }

    @Test func onlyChangedBytesOfAPageAreProgrammed() throws {
        let geometry = try FlashGeometry(reservationEnd: 0x70000, chipSize: 1 << 20)
        let planner = FlashPlanner(
            chip: provenChip(size: 1 << 20), layout: try FlashLayout(geometry: geometry))
        var wanted = [UInt8](repeating: 0xFF, count: 4096)
        wanted[300] = 0x00
        wanted[310] = 0x00
        wanted[511] = 1
        wanted[512] = 2
        wanted[1024] = 0x7F
        var current = [UInt8](repeating: 0xFF, count: 4096)
        current[1024] = 0x7F
        let image = try FlashImage(name: "image", bytes: wanted, at: 0x71000, in: geometry)
        let content = FlashPlanner.Content(
            runs: [.init(range: 0x71000..<0x72000, bytes: current)], bytesRead: 4096)
        let plan = try planner.plan([image], current: content)
        #expect(plan.units.count == 1 && plan.units[0].erases.isEmpty)
        #expect(plan.units[0].programs == [0x7112C..<0x71201])
        #expect(plan.units[0].verified == [0x71000..<0x72000])
    }

    @Test func imagesThatOverlapOrShareANameAreRefused() throws {
        let geometry = try FlashGeometry(reservationEnd: 0x70000, chipSize: 1 << 20)
        let planner = FlashPlanner(
            chip: provenChip(size: 1 << 20), layout: try FlashLayout(geometry: geometry))
        let first = try FlashImage(name: "first", bytes: [1, 2, 3, 4], at: 0x80000, in: geometry)
        let second = try FlashImage(name: "second", bytes: [1], at: 0x80003, in: geometry)
        #expect(throws: FlashRefusal.imagesOverlap("first", "second", at: 0x80003..<0x80004)) {
            try planner.admitted([second, first])
        }
        let namesake = try FlashImage(name: "first", bytes: [1], at: 0x90000, in: geometry)
        #expect(throws: FlashRefusal.duplicateImage(name: "first")) {
            try planner.admitted([first, namesake])
        }
        let elsewhere = try FlashImage(
            name: "other", bytes: [1], at: 0x90000,
            in: FlashGeometry(reservationEnd: 0x70000, chipSize: 2 << 20))
        #expect(throws: FlashRefusal.self) { try planner.admitted([elsewhere]) }
    }

    @Test func aSectorThatAKeptRegionSharesIsProgrammedButNeverErased() throws {
        let geometry = try FlashGeometry(reservationEnd: 0x70000, chipSize: 1 << 20)
        let kept = FlashRegion(name: "calibration", range: 0x80800..<0x81000, access: .kept)
        let planner = FlashPlanner(
            chip: provenChip(size: 1 << 20), layout: try FlashLayout(geometry: geometry, regions: [kept]))
        let image = try FlashImage(
            name: "image", bytes: [UInt8](repeating: 0x55, count: 0x800), at: 0x80000, in: geometry)
        func plan(_ now: UInt8) throws -> FlashPlan {
            let content = FlashPlanner.Content(
                runs: [.init(range: 0x80000..<0x81000, bytes: [UInt8](repeating: now, count: 4096))],
                bytesRead: 4096)
            return try planner.plan([image], current: content)
        }
        #expect(try plan(0xFF).units.map(\.erases) == [[]])
        #expect(throws: FlashRefusal.eraseTouchesKept(sector: 0x80000..<0x81000, region: "calibration")) {
            try plan(0x00)
        }
    }
}
