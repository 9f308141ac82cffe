/// The work in the touched sectors of one 64 KB block.
struct BlockWork {
    let actions: [FlashPlan.Sector]
    let unit: FlashPlan.Unit?
    let chipTime: Duration

    private static let sectorSize = FlashGeometry.sectorSize

    init(
        range: Range<Int>, images: ArraySlice<FlashImage>, run: FlashPlanner.Content.Run,
        distrusted: [Range<Int>],
        planner: FlashPlanner
    ) throws(FlashRefusal) {
        if let bytes = run.bytes {
            let start = range.lowerBound - run.range.lowerBound
            let current = bytes[start..<start + range.count]
            self = try Self.surveyed(range, images, current, distrusted, planner)
        } else {
            self = Self.presumedBlank(range, images, planner)
        }
    }

    private init(
        _ actions: [FlashPlan.Sector], _ unit: FlashPlan.Unit?, _ chipTime: Duration
    ) {
        self.actions = actions
        self.unit = unit
        self.chipTime = chipTime
    }

    // MARK: Nothing known

    private static func presumedBlank(
        _ range: Range<Int>, _ images: ArraySlice<FlashImage>, _ planner: FlashPlanner
    ) -> BlockWork {
        let target = content(of: range, images, over: nil)
        var programs: [Range<Int>] = []
        var pages = 0
        target.withUnsafeBytes { target in
            for image in images {
                let part = image.range.range.clamped(to: range)
                Self.forEachPage(of: part, size: planner.chip.pageSize) { page in
                    let wanted = slice(target, page, range)
                    guard
                        let span = NORBytes.blankPage.withUnsafeBytes({
                            NORBytes.difference(UnsafeRawBufferPointer(rebasing: $0[..<page.count]), wanted)
                        })
                    else { return }
                    append(
                        page.lowerBound + span.lowerBound..<page.lowerBound + span.upperBound, to: &programs)
                    pages += 1
                }
            }
        }
        var verified: [Range<Int>] = []
        for image in images { append(image.range.range.clamped(to: range), to: &verified) }
        let unit = FlashPlan.Unit(
            range: range, erases: [], programs: programs, verified: verified, isPresumedBlank: true,
            content: target)
        let actions = stride(from: range.lowerBound, to: range.upperBound, by: sectorSize).map {
            FlashPlan.Sector(address: $0, action: .programPresumedBlank)
        }
        return BlockWork(actions, unit, planner.chip.timing.pageProgram.typical * pages)
    }

    // MARK: Everything known

    /// What is known of one sector while the erases are chosen.
    fileprivate struct Sector {
        let range: Range<Int>
        var needsErase = false
        var isIdentical = false
        /// Pages to program without an erase, and after one.
        var changedPages = 0
        var filledPages = 0
    }

    private static func surveyed(
        _ range: Range<Int>, _ images: ArraySlice<FlashImage>, _ current: ArraySlice<UInt8>,
        _ distrusted: [Range<Int>],
        _ planner: FlashPlanner
    ) throws(FlashRefusal) -> BlockWork {
        let target = content(of: range, images, over: current)
        let pageSize = planner.chip.pageSize
        var sectors: [Sector] = []
        for start in stride(from: range.lowerBound, to: range.upperBound, by: sectorSize) {
            var sector = Sector(range: start..<start + sectorSize)
            let mustErase = distrusted.contains { $0.overlaps(sector.range) }
            target.withUnsafeBytes { target in
                current.withUnsafeBytes { current in
                    let wanted = slice(target, sector.range, range)
                    let found = slice(current, sector.range, range)
                    sector.isIdentical = !mustErase && NORBytes.equal(wanted, found)
                    guard !sector.isIdentical else { return }
                    sector.needsErase = mustErase || NORBytes.needsErase(from: found, to: wanted)
                }
            }
            sectors.append(sector)
        }
        guard sectors.contains(where: { !$0.isIdentical }) else {
            return BlockWork(
                sectors.map { FlashPlan.Sector(address: $0.range.lowerBound, action: .identical) }, nil, .zero
            )
        }
        for sector in sectors where sector.needsErase {
            if let kept = planner.layout.keptRegion(overlapping: sector.range) {
                throw .eraseTouchesKept(sector: sector.range, region: kept.name)
            }
            let reach = planner.chip.smallErase.largestPlausibleReach(from: sector.range.lowerBound)
            if reach.lowerBound < planner.layout.geometry.reservationEnd {
                throw .eraseReachUnproven(sector: sector.range, reach: reach)
            }
        }
        target.withUnsafeBytes { target in
            current.withUnsafeBytes { current in
                for index in sectors.indices {
                    Self.forEachPage(of: sectors[index].range, size: pageSize) { page in
                        let wanted = slice(target, page, range)
                        if !NORBytes.isBlank(wanted) { sectors[index].filledPages += 1 }
                        if !NORBytes.equal(wanted, slice(current, page, range)) {
                            sectors[index].changedPages += 1
                        }
                    }
                }
            }
        }
        let choice = EraseChoice(sectors: sectors.map(EraseChoice.Sector.init), planner: planner).best()
        return work(range, sectors, choice, target, current, planner)
    }

    private static func work(
        _ range: Range<Int>, _ sectors: [Sector], _ choice: EraseChoice.Result, _ target: ArraySlice<UInt8>,
        _ current: ArraySlice<UInt8>, _ planner: FlashPlanner
    ) -> BlockWork {
        var actions: [FlashPlan.Sector] = []
        var programs: [Range<Int>] = []
        var verified: [Range<Int>] = []
        for sector in sectors {
            let erase = choice.erases.first {
                $0.address <= sector.range.lowerBound && sector.range.lowerBound < $0.address + $0.size
            }
            if let erase {
                actions.append(
                    FlashPlan.Sector(address: sector.range.lowerBound, action: .erase(size: erase.size)))
            } else if sector.isIdentical {
                actions.append(FlashPlan.Sector(address: sector.range.lowerBound, action: .identical))
                continue
            } else {
                actions.append(FlashPlan.Sector(address: sector.range.lowerBound, action: .program))
            }
            append(sector.range, to: &verified)
            target.withUnsafeBytes { target in
                current.withUnsafeBytes { current in
                    Self.forEachPage(of: sector.range, size: planner.chip.pageSize) { page in
                        let wanted = slice(target, page, range)
                        let span: Range<Int>?
                        if erase == nil {
                            span = NORBytes.difference(slice(current, page, range), wanted)
                        } else {
                            span = NORBytes.blankPage.withUnsafeBytes {
                                NORBytes.difference(
                                    UnsafeRawBufferPointer(rebasing: $0[..<page.count]), wanted)
                            }
                        }
                        guard let span else { return }
                        append(
                            page.lowerBound + span.lowerBound..<page.lowerBound + span.upperBound,
                            to: &programs)
                    }
                }
            }
        }
        let unit = FlashPlan.Unit(
            range: range, erases: choice.erases, programs: programs, verified: verified,
            isPresumedBlank: false,
            content: target)
        return BlockWork(actions, unit, choice.chipTime)
    }

    // MARK: Bytes

    /// What `range` is to hold: the images' bytes, around them what is there now.
    private static func content(
        of range: Range<Int>, _ images: ArraySlice<FlashImage>, over current: ArraySlice<UInt8>?
    ) -> ArraySlice<UInt8> {
        if images.count == 1, let image = images.first, image.range.lowerBound <= range.lowerBound,
            range.upperBound <= image.range.upperBound
        {
            // No copy where one image fills the block, as in most of a large image.
            let start = range.lowerBound - image.range.lowerBound
            return image.bytes[start..<start + range.count]
        }
        var bytes = current.map(Array.init) ?? [UInt8](repeating: 0xFF, count: range.count)
        for image in images {
            let part = image.range.range.clamped(to: range)
            let source = part.lowerBound - image.range.lowerBound
            let start = part.lowerBound - range.lowerBound
            bytes.replaceSubrange(start..<start + part.count, with: image.bytes[source..<source + part.count])
        }
        return bytes[...]
    }

    /// The part of a block's bytes at these addresses.
    private static func slice(
        _ bytes: UnsafeRawBufferPointer, _ addresses: Range<Int>, _ block: Range<Int>
    ) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            rebasing: bytes[addresses.lowerBound - block.lowerBound..<addresses.upperBound - block.lowerBound]
        )
    }

    /// Cuts a run of bytes at page boundaries.
    static func forEachPage(of range: Range<Int>, size: Int, _ body: (Range<Int>) -> Void) {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(range.upperBound, (start / size + 1) * size)
            body(start..<end)
            start = end
        }
    }

    /// Adds a run, joined to the last one where they meet.
    private static func append(_ range: Range<Int>, to runs: inout [Range<Int>]) {
        if let last = runs.last, last.upperBound == range.lowerBound {
            runs[runs.count - 1] = last.lowerBound..<range.upperBound
        } else {
            runs.append(range)
        }
    }
}

extension EraseChoice.Sector {
    fileprivate init(_ sector: BlockWork.Sector) {
        self.init(
            range: sector.range, needsErase: sector.needsErase,
            changedPages: sector.isIdentical ? 0 : sector.changedPages,
            filledPages: sector.filledPages)
    }
}
