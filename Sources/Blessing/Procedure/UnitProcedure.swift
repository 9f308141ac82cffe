import ContentAddress
import FactoryLink
import Fixturing
import Imp003
import SerialNOR
import StationConfig
import StationStore

/// One run: one unit in one slot, from `admit` to `finish`, in the order that `docs/procedure.md` lays down.
///
/// Each stage is an extension in its own file. A stage ends by returning, or by throwing the `Reason` that ends
/// the run.
struct UnitProcedure {
    var context: UnitContext
    var nextAct = 1
    var stage = ProcedureStage.admit
    /// Which attempt of this device this is, from 1; known after `admit`.
    var attempt = 1
    /// The step that failed, when it was one of the plan's.
    var failedStep: String?

    var identity: UnitIdentity?
    /// A golden unit or a part of a gauge study: the run ends behind its tests, before anything is changed.
    var isReference = false
    /// Whether the slot's golden unit was asked about already.
    var passedGoldenGate = false
    var lease: SerialLease?
    /// Nil while the module runs; set while it is held in reset.
    var flash: FlashProgrammer?
    var chip: ProvenChip?
    var reservationDigest: SHA256Digest?
    /// What the current stage measured, for its entry.
    var stageMeasurements: [RecordedMeasurement] = []

    init(context: UnitContext) {
        self.context = context
    }

    /// Runs the unit to its end, whatever that is, and leaves the slot safe.
    /// - Throws: only `RecordFailure`: the record can't be kept, the line must stop.
    mutating func run() async throws(RecordFailure) -> UnitResult {
        let began = await context.fixture.time.now()
        var reason: Reason?
        do {
            try await begin()
            for stage in ProcedureStage.allCases {
                try await perform(stage)
                if isReference, stage == .test {
                    throw Reason(.referenceMeasured, "all values within their limits")
                }
            }
        } catch let failure as RecordFailure {
            await context.fixture.makeSafe()
            throw failure
        } catch {
            reason = context.reason(for: error, otherwise: .internalFault)
        }
        // A reference unit that fails its tests says something about the slot, not about itself: it must not count
        // as a failed unit, nor be told that it failed.
        if isReference, stage == .test, let found = reason, found.code.entry.outcome == .failed {
            reason = Reason(.referenceMeasured, found.detail)
        }
        if let reason { await stopSafely(reason) }
        do {
            try await close(reason)
        } catch let failure as RecordFailure {
            await context.fixture.makeSafe()
            throw failure
        } catch {
            // The record refuses the run's own end: the first reason stands, and the fault is told beside it.
            reason = reason ?? context.reason(for: error, otherwise: .recordRefused)
            context.event(.remark("the run's end was refused: \(error)"))
        }
        let outcome = reason?.code.entry.outcome ?? .passed
        try? await context.fixture.release(Verdict(outcome, reason?.code))
        let report = UnitResult(
            slot: context.slot, ordinal: context.arrival.ordinal, run: context.run,
            device: identity?.device.text,
            serial: lease?.serial, outcome: outcome, reason: reason, stage: stage, attempt: attempt,
            duration: await context.fixture.time.now() - began)
        context.event(.finished(report))
        return report
    }

    /// The first entry: this slot, this plan, a unit not yet known.
    private mutating func begin() async throws {
        let plan = context.plan
        let receipt = try await context.write(
            .runStarted(
                RunStarted(
                    slot: context.slotNumber, sku: plan.variant.id, skuDigest: plan.variant.digest,
                    planDigest: plan.digest, order: plan.order.id,
                    market: plan.markets,
                    images: plan.images.map(RunImage.init),
                    operatedBy: context.settings.operatedBy.map { .named($0) },
                    firmware: context.settings.firmware[context.slot], fixture: context.fixture.label,
                    program: context.settings.program,
                    scannedCode: context.arrival.scannedCode)))
        context.run = receipt.run
        context.event(.started(run: receipt.run))
    }

    /// One stage with its entry: how long it took, what it measured, how it ended.
    private mutating func perform(_ stage: ProcedureStage) async throws {
        self.stage = stage
        stageMeasurements = []
        try checkWhetherWanted()
        context.event(.stage(stage))
        let time = context.fixture.time
        let began = await time.now()
        do {
            switch stage {
            case .admit: try await admit()
            case .protect: try await protect()
            case .test: try await test()
            case .nvram: try await installNVRAM()
            case .flash: try await provisionFlash()
            case .region: try await setRegion()
            case .prove: try await prove()
            case .bless: try await bless()
            case .finish: try await finish()
            }
        } catch let failure as RecordFailure {
            throw failure
        } catch {
            let reason = context.reason(for: error, otherwise: .internalFault)
            try await recordStage(began, reason)
            throw reason
        }
        try await recordStage(began, nil)
    }

    private func recordStage(_ began: Duration, _ reason: Reason?) async throws {
        let ended = await context.fixture.time.now()
        try await context.write(
            .stepFinished(
                StepFinished(
                    run: try context.startedRun, name: "stage.\(stage.rawValue)", attempt: 1,
                    outcome: reason.map { $0.code.entry.outcome == .failed ? .failed : .error } ?? .passed,
                    startedMs: began.wholeMilliseconds, endedMs: ended.wholeMilliseconds,
                    message: reason.map { "\($0.code.identifier) \($0.detail)" },
                    measurements: stageMeasurements)))
    }

    /// Safe first: nothing is written, asked or shown before the unit's power is off. Only a unit that failed its
    /// own tests is still told so, while it can hear it.
    private mutating func stopSafely(_ reason: Reason) async {
        if stage == .test, reason.code.entry.outcome == .failed, reason.code.leavesTheUnitTalking {
            await reportTestFailure()
        }
        await context.fixture.makeSafe()
    }

    /// The last entries of a run.
    private mutating func close(_ reason: Reason?) async throws {
        guard let run = context.run else { return }
        let outcome = reason?.code.entry.outcome ?? .passed
        var records: [Record] = []
        if let lease, outcome == .refused || (outcome == .failed && isLastAttempt(endedWith: reason)) {
            records.append(
                .serialReturned(
                    SerialReturned(
                        serial: lease.serial, device: lease.device,
                        reason: outcome == .refused ? "unit refused" : "no attempts left")))
        }
        if outcome == .quarantined, let device = identity?.device.text {
            records.append(
                .unitQuarantined(
                    UnitQuarantined(
                        device: device, by: .named("station"), reason: reason.map(\.description) ?? "",
                        run: run)))
        }
        records.append(
            .runFinished(
                RunFinished(
                    run: run, outcome: outcome, code: reason?.code.identifier, reason: reason?.detail,
                    failedStep: reason.map { _ in failedStep ?? "stage.\(stage.rawValue)" })))
        try await context.write(records)
    }

    private func isLastAttempt(endedWith reason: Reason?) -> Bool {
        guard let cause = reason?.code.retestCause else { return false }
        return !context.plan.variant.retest.allows(attempt: attempt, cause: cause, stage: stage)
    }

    /// Adds to the current stage's entry something that was found and is no limit's business.
    mutating func note(_ name: String, _ value: RecordedValue, unit: String? = nil) {
        stageMeasurements.append(
            RecordedMeasurement(name: name, value: value, unit: unit, limit: nil, outcome: .notJudged))
    }
}

/// Who the unit says it is, checked for shape.
struct UnitIdentity: Sendable {
    var device: DeviceID
    var mac: MACAddress
    var release: String
    var firmware: String
    var warnings: [String]
}

extension RunImage {
    init(_ image: BlessingPlan.PlacedImage) {
        self.init(
            name: image.content.name, address: Int64(image.address), digest: image.content.digest,
            size: Int64(image.content.bytes.count))
    }
}

extension Verdict {
    init(_ outcome: RunOutcome, _ code: ReasonCode?) {
        switch outcome {
        case .refused where code == .otherSlotRequired: self = .otherSlot
        case .passed: self = .pass
        case .failed: self = .fail
        case .refused: self = .refused
        case .quarantined: self = .quarantined
        case .aborted, .error: self = .aborted
        }
    }
}

extension ReasonCode {
    /// Whether the unit can still be spoken to after this.
    var leavesTheUnitTalking: Bool {
        switch self {
        case .measurementOutOfLimits, .testFailed, .testTimeout: true
        default: false
        }
    }
}
