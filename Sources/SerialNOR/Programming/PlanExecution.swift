/// One execution of one plan.
struct PlanExecution: Sendable {
    let bus: ReservationGuard
    let plan: FlashPlan
    let progress: FlashProgressSink?

    /// Units are put together into one round trip as long as it takes no longer than this, so that progress moves and a
    /// stop is soon obeyed.
    private static let longestGroup = Duration.seconds(1)

    func run() async throws -> FlashReport {
        try await checkChip()
        let capacity = bus.batchCapacity
        guard capacity >= UnitScript.smallestCapacity else {
            throw FlashFailure.batchCapacityTooSmall(capacity)
        }
        var report = FlashReport(
            imageBytes: plan.images.reduce(0) { $0 + $1.range.count }, surveyedBytes: plan.surveyedBytes,
            sampledBytes: plan.sampledBytes)
        var sums = FlashProgress()
        for unit in plan.units {
            sums.toErase += unit.erases.reduce(0) { $0 + $1.size }
            sums.toProgram += unit.programs.reduce(0) { $0 + $1.count }
            sums.toVerify += unit.verified.reduce(0) { $0 + $1.count }
        }
        var next = plan.units.startIndex
        while next < plan.units.endIndex {
            try Task.checkCancellation()
            let group = group(from: next, capacity: capacity)
            try await progress?(.working(extent(of: group)))
            // An unstructured task does not inherit cancellation: what was begun comes to its end, read-back included.
            let before = sums
            let (after, batches) = try await Task {
                try await work(through: group, capacity: capacity, sums: before)
            }.value
            sums = after
            report.batches += batches
            try await progress?(.progress(sums))
            next = group.endIndex
        }
        report.erasedBytes = sums.erased
        report.programmedBytes = sums.programmed
        report.verifiedBytes = sums.verified
        try await progress?(.finished(report))
        return report
    }

    /// The chip may have been changed for another since the plan was made: that of the next unit, for instance.
    private func checkChip() async throws {
        guard plan.geometry == bus.geometry else { throw FlashFailure.otherGeometry }
        let found = try await ChipIdentification.readID(on: bus)
        guard found == plan.chip, found == bus.chip.id else {
            throw FlashFailure.otherChip(expected: plan.chip, found: found)
        }
        let status = try await bus.perform([
            .poll(StatusPoll(typical: .zero, limit: ChipIdentification.readyLimit)),
            .exchange(write: [SPICommand.readStatus], readCount: 1),
        ])[1]
        let mask = bus.chip.status.blockProtectMask
        if let byte = status.first, byte & mask != 0 {
            throw FlashFailure.protected(status: byte, mask: mask)
        }
    }

    /// As many units from `start` on as fit into one batch and into `longestGroup`; at least one.
    private func group(from start: Int, capacity: Int) -> ArraySlice<FlashPlan.Unit> {
        var end = start
        var cost = 0
        var time = Duration.zero
        while end < plan.units.endIndex {
            let unit = plan.units[end]
            let pages = unit.programs.reduce(0) { $0 + $1.count / plan.pageSize + 2 }
            cost += unit.erases.count * 8 + unit.programs.reduce(0) { $0 + $1.count } + pages * 8
            cost += unit.verified.reduce(0) { $0 + $1.count + SPICommand.readOverhead }
            time += bus.chip.timing.pageProgram.typical * pages
            for erase in unit.erases { time += bus.chip.timing.erase(size: erase.size).typical }
            if end > start,
                cost > capacity || time > Self.longestGroup
                    || unit.isPresumedBlank != plan.units[start].isPresumedBlank
            {
                break
            }
            end += 1
        }
        return plan.units[start..<end]
    }

    private func extent(of group: ArraySlice<FlashPlan.Unit>) -> Range<Int> {
        (group.first?.range.lowerBound ?? 0)..<(group.last?.range.upperBound ?? 0)
    }

    /// Sends a group's batches and compares what is read back.
    private func work(
        through group: ArraySlice<FlashPlan.Unit>, capacity: Int, sums before: FlashProgress
    ) async throws -> (FlashProgress, batches: Int) {
        let extent = extent(of: group)
        let script = UnitScript(units: group, chip: bus.chip, capacity: capacity)
        var sums = before
        var checks = script.checks[...]
        for (index, batch) in script.batches.enumerated() {
            let answers: [[UInt8]]
            do {
                answers = try await bus.perform(batch)
            } catch SPIBusError.stillBusy(let status, let waited) {
                throw FlashFailure.timedOut(status: status, waited: waited, working: extent)
            } catch SPIBusError.disconnected(let reason) {
                throw FlashFailure.lost(reason: reason, working: extent)
            } catch SPIBusError.protocolViolation(let reason) {
                throw FlashFailure.lost(reason: reason, working: extent)
            }
            while let check = checks.first, check.batch == index {
                try compare(answers[check.operation], with: check, extent: extent)
                checks = checks.dropFirst()
            }
            sums.erased += script.gains[index].erased
            sums.programmed += script.gains[index].programmed
            sums.verified += script.gains[index].verified
        }
        return (sums, script.batches.count)
    }

    private func compare(_ found: [UInt8], with check: UnitScript.Check, extent: Range<Int>) throws {
        let unit = plan.units[check.unit]
        let expected = unit.target(check.range)
        guard found.count == expected.count else {
            throw FlashFailure.lost(
                reason: "the adapter returned \(found.count) of \(expected.count) bytes", working: extent)
        }
        let isEqual = expected.withUnsafeBytes { left in found.withUnsafeBytes { NORBytes.equal(left, $0) } }
        guard !isEqual else { return }
        let differing = zip(expected, found).enumerated().filter { $0.element.0 != $0.element.1 }
        guard let first = differing.first else { return }
        let address = check.range.lowerBound + first.offset
        // A zero where a one belongs, in a sector that only samples called blank: it was not.
        if unit.isPresumedBlank, differing.contains(where: { $0.element.0 & ~$0.element.1 != 0 }) {
            throw FlashFailure.notBlank(address: address)
        }
        throw FlashFailure.verifyFailed(
            address: address, expected: first.element.0, found: first.element.1, count: differing.count,
            working: extent)
    }
}
