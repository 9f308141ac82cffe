import ContentAddress

/// Reads, plans, writes and verifies one chip.
///
/// It holds a `ReservationGuard` and nothing else, so there is no way from here to the bus past the guard. One task at a
/// time may use it.
public struct FlashProgrammer: Sendable {
    /// How much is read before a plan is made.
    public enum Survey: Sendable {
        /// Every sector that an image touches.
        case complete
        /// A few bytes of each sector first; where all of them are blank, nothing more is read, and the plan's execution
        /// finds out by reading back. Saves one of three passes over blank chips.
        case sampled
    }

    let bus: ReservationGuard

    public init(bus: ReservationGuard) {
        self.bus = bus
    }

    /// Identifies the chip on a bus and puts the guard in front of it.
    /// - Parameters:
    ///   - bus: the adapter; the module is powered and held in reset.
    ///   - reservationEnd: first byte of the user's, from the module's profile.
    ///   - permission: allows the erase probe on chips that can't be told apart otherwise.
    /// - Throws: `ChipRefusal`, `FlashRefusal`, or what the bus throws.
    public static func open(
        _ bus: any SPIBus, reservationEnd: Int, probing permission: EraseProbe.Permission? = nil
    ) async throws -> FlashProgrammer {
        let reading = ReadingGuard(wrapping: bus)
        let chip = try await ChipIdentification.identify(on: reading, probing: permission)
        return FlashProgrammer(bus: try reading.granting(chip, reservationEnd: reservationEnd))
    }

    /// What was identified.
    public var chip: ProvenChip { bus.chip }
    /// How the chip is divided.
    public var geometry: FlashGeometry { bus.geometry }

    // MARK: Reading

    /// Reads anywhere on the chip.
    /// - Throws: `FlashRefusal.outsideChip`, or what the bus throws.
    public func read(_ range: Range<Int>) async throws -> [UInt8] {
        try check(range)
        return try await bus.read(range)
    }

    /// Reads anywhere on the chip, handing over pieces of up to 64 KB in order.
    /// - Throws: `FlashRefusal.outsideChip`, what `sink` throws, or what the bus throws.
    public func dump(_ range: Range<Int>, to sink: @Sendable ([UInt8]) throws -> Void) async throws {
        try check(range)
        try await bus.forEachChunk(of: range) { chunk in
            try Task.checkCancellation()
            try sink(chunk)
        }
    }

    /// SHA-256 of what the chip holds in `range`: the reservation before and after, for instance.
    /// - Throws: `FlashRefusal.outsideChip`, or what the bus throws.
    public func hash(_ range: Range<Int>) async throws -> SHA256Digest {
        try check(range)
        var hasher = SHA256Hasher()
        try await bus.forEachChunk(of: range) { chunk in
            try Task.checkCancellation()
            hasher.update(chunk)
        }
        return hasher.finish()
    }

    /// Whether `range` reads as erased.
    public func isBlank(_ range: UserRange) async throws -> Bool {
        try check(range.range)
        var isBlank = true
        try await bus.forEachChunk(of: range.range) { chunk in
            try Task.checkCancellation()
            isBlank = isBlank && chunk.withUnsafeBytes { NORBytes.isBlank($0) }
        }
        return isBlank
    }

    /// Compares the chip with images, byte by byte, changing nothing.
    /// - Returns: one entry for each image that differs.
    public func verify(_ images: [FlashImage]) async throws -> [FlashMismatch] {
        var mismatches: [FlashMismatch] = []
        for image in images {
            guard image.range.geometry == geometry else {
                throw FlashRefusal.otherGeometry(what: "image “\(image.name)”")
            }
            var position = 0
            var count = 0
            var first: (offset: Int, found: UInt8)?
            try await bus.forEachChunk(of: image.range.range) { chunk in
                try Task.checkCancellation()
                let expected = image.bytes[position..<position + chunk.count]
                let isEqual = expected.withUnsafeBytes { left in
                    chunk.withUnsafeBytes { NORBytes.equal(left, $0) }
                }
                if !isEqual {
                    for (offset, found) in chunk.enumerated() where found != image.bytes[position + offset] {
                        count += 1
                        if first == nil { first = (position + offset, found) }
                    }
                }
                position += chunk.count
            }
            if let first {
                mismatches.append(
                    FlashMismatch(
                        image: image.name, address: image.range.lowerBound + first.offset,
                        expected: image.bytes[first.offset], found: first.found, count: count))
            }
        }
        return mismatches
    }

    // MARK: Writing

    /// Works out what has to be done, by reading only.
    /// - Parameters:
    ///   - images: what the chip is to hold. They may not overlap.
    ///   - layout: every region of it is compared with every write; without one, all of the user's bytes are free.
    ///   - survey: how much is read.
    ///   - ranges: sectors whose last write may have been cut off; they are erased again whatever they read.
    ///   - earlier: the plan that was cut off: what its distrusted sectors held beside the images is put back too.
    ///   - progress: told how far the reading is, and the plan.
    /// - Throws: `FlashRefusal`, or what the bus throws.
    public func plan(
        _ images: [FlashImage], layout: FlashLayout? = nil, survey: Survey = .complete,
        distrusting ranges: [UserRange] = [], restoring earlier: FlashPlan? = nil,
        progress: FlashProgressSink? = nil
    ) async throws -> FlashPlan {
        let layout = try layout ?? FlashLayout(geometry: geometry)
        guard layout.geometry == geometry else { throw FlashRefusal.otherGeometry(what: "flash layout") }
        let planner = FlashPlanner(chip: chip, layout: layout)
        let distrusted = ranges.map(\.wideningToSectors.range)
        let restored = try earlier?.bytesBeside(images, in: distrusted) ?? []
        let ordered = try planner.admitted(images, restored: restored)
        let surveyor = FlashSurveyor(bus: bus, images: ordered, distrusted: distrusted)
        let content = try await surveyor.look(sampling: survey == .sampled, progress: progress)
        let plan = try planner.plan(ordered, current: content)
        try await progress?(.planned(plan))
        return plan
    }

    /// Does what a plan says, and reads back all of it. Nothing is sent that the plan does not say.
    ///
    /// Cancelling the surrounding task stops it with `CancellationError` after the unit of work at hand is written and
    /// read back; so does an error thrown by `progress`. Then, and after a `FlashFailure`, a new plan goes on from where
    /// the chip is.
    /// - Throws: `FlashFailure`, `CancellationError`, or what `progress` throws.
    public func execute(_ plan: FlashPlan, progress: FlashProgressSink? = nil) async throws -> FlashReport {
        try await PlanExecution(bus: bus, plan: plan, progress: progress).run()
    }

    /// Plans and executes in the quickest way: blank ranges are not read beforehand, and if one that looked blank was
    /// not, the rest is planned again from a complete survey.
    public func write(
        _ images: [FlashImage], layout: FlashLayout? = nil, distrusting: [UserRange] = [],
        restoring earlier: FlashPlan? = nil, progress: FlashProgressSink? = nil
    ) async throws -> FlashReport {
        let first = try await plan(
            images, layout: layout, survey: .sampled, distrusting: distrusting, restoring: earlier,
            progress: progress)
        do {
            return try await execute(first, progress: progress)
        } catch FlashFailure.notBlank {
            let second = try await plan(
                images, layout: layout, survey: .complete, distrusting: distrusting, restoring: earlier,
                progress: progress)
            var report = try await execute(second, progress: progress)
            report.plans = 2
            return report
        }
    }

    /// Makes `range` read as erased; sectors that do already are left alone, and bytes of its first and last sector that
    /// lie outside it are kept.
    public func erase(_ range: UserRange, layout: FlashLayout? = nil, progress: FlashProgressSink? = nil)
        async throws
        -> FlashReport
    {
        let blank = try FlashImage(
            name: "erase", bytes: [UInt8](repeating: 0xFF, count: range.count), at: range.lowerBound,
            in: range.geometry)
        let plan = try await plan([blank], layout: layout, progress: progress)
        return try await execute(plan, progress: progress)
    }

    private func check(_ range: Range<Int>) throws(FlashRefusal) {
        guard range.lowerBound >= 0, range.upperBound <= geometry.chipSize else {
            throw .outsideChip(range: range, chipSize: geometry.chipSize)
        }
    }
}
