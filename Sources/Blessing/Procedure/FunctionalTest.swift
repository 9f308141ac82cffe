import FactoryLink
import Fixturing
import StationConfig
import StationStore

extension UnitProcedure {
    /// Stage 3: the plan's steps, each with its attempts, judged here and nowhere else.
    mutating func test() async throws {
        try await boot()
        var first: (step: String, reason: Reason)?
        for step in context.plan.tests.steps {
            try Task.checkCancellation()
            guard let reason = try await performWithRetries(step) else { continue }
            failedStep = first?.step ?? step.name
            if context.plan.tests.stopOnFail { throw reason }
            first = first ?? (step.name, reason)
        }
        if let first { throw first.reason }
    }

    /// - Returns: nil when an attempt passed, else why the last one failed.
    private func performWithRetries(_ step: PlanStep) async throws -> Reason? {
        var reason: Reason?
        for attempt in 1...(step.retries + 1) {
            reason = try await perform(step, attempt: attempt)
            if reason == nil { return nil }
        }
        return reason
    }

    private func perform(_ step: PlanStep, attempt: Int) async throws -> Reason? {
        let time = context.fixture.time
        let began = await time.now()
        var reason: Reason?
        var fatal: (any Error)?
        var measurements: [RecordedMeasurement] = []
        do {
            let reading = try await driving(step) { try await read(step) }
            measurements = judge(reading.values, step, &reason)
            if let failure = reading.failure {
                reason = Reason(.testFailed, "\(step.name): the unit reports: \(failure)")
            }
        } catch let error {
            reason = testReason(error, step)
            // A unit that no longer talks, or a fixture that is gone, can't do the next step either.
            if let reason, reason.code.entry.outcome != .failed || !reason.code.leavesTheUnitTalking {
                fatal = error
            }
        }
        let ended = await time.now()
        try await context.write(
            .stepFinished(
                StepFinished(
                    run: try context.startedRun, name: step.name, attempt: attempt,
                    outcome: reason == nil ? .passed : (fatal == nil ? .failed : .error),
                    startedMs: began.wholeMilliseconds, endedMs: ended.wholeMilliseconds,
                    message: reason?.detail,
                    measurements: measurements)))
        context.event(
            .step(
                name: step.name, attempt: attempt, outcome: reason == nil ? .passed : .failed,
                message: reason?.detail))
        if fatal != nil, let reason { throw reason }
        return reason
    }

    /// Drives the step's fixture lines while `body` runs, and lets them go afterwards, whatever came of it.
    private func driving(_ step: PlanStep, _ body: () async throws -> Reading) async throws -> Reading {
        let lines = step.drive.sorted { $0.key < $1.key }
        for (line, level) in lines { try await context.fixture.drive(line, to: level.level) }
        let outcome: Result<Reading, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        for (line, _) in lines { try await context.fixture.drive(line, to: nil) }
        return try outcome.get()
    }

    private struct Reading {
        var values: [String: PlanValue]
        var failure: String?
    }

    private func read(_ step: PlanStep) async throws -> Reading {
        switch step.action {
        case .instrument(let name):
            let value = try await context.fixture.measure(name)
            return Reading(values: [name: .number(value)])
        case .functional(let test, let arguments):
            let outcome = try await context.ask(
                RunTest(name: test, parameters: arguments.mapValues(LinkValue.init)), within: step.timeout)
            return Reading(values: outcome.measurements.mapValues(PlanValue.init), failure: outcome.failure)
        }
    }

    /// Judges what the plan asks for, and keeps what else the unit told, unjudged.
    private func judge(
        _ values: [String: PlanValue], _ step: PlanStep, _ reason: inout Reason?
    ) -> [RecordedMeasurement] {
        var judged: [RecordedMeasurement] = []
        for measurement in step.measurements {
            let value = values[measurement.name]
            let judgement = measurement.limit.judge(value)
            if case .fail(let why) = judgement, reason == nil {
                let unit = measurement.unit.map { " \($0)" } ?? ""
                reason = Reason(
                    .measurementOutOfLimits,
                    "\(step.name): \(measurement.name) \(why); allowed \(measurement.limit)\(unit)")
            }
            judged.append(
                RecordedMeasurement(
                    name: measurement.name, value: value.map(RecordedValue.init) ?? .text("missing"),
                    unit: measurement.unit, limit: measurement.limit.recorded,
                    outcome: judgement.passed
                        ? (measurement.limit.recorded == nil ? .notJudged : .passed) : .failed))
        }
        let asked = Set(step.measurements.map(\.name))
        let extra = values.filter { !asked.contains($0.key) && Self.isKeepable($0.key) }.sorted {
            $0.key < $1.key
        }
        for (name, value) in extra.prefix(Self.mostExtraMeasurements) {
            judged.append(
                RecordedMeasurement(
                    name: name, value: RecordedValue(value), unit: nil, limit: nil, outcome: .notJudged))
        }
        return judged
    }

    /// A unit may tell more than it was asked; what it calls things must still be names.
    private static func isKeepable(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || [0x2D, 0x2E, 0x5F].contains($0)
            }
    }

    private static let mostExtraMeasurements = 32

    private func testReason(_ error: any Error, _ step: PlanStep) -> Reason {
        switch error {
        case LinkError.noAnswer:
            return Reason(.testTimeout, "\(step.name): no answer within \(step.timeout.text)")
        case LinkError.remote(_, let remote) where remote.code == FactoryErrorCode.unknownTest:
            return Reason(
                .testUnknown, "\(step.name): the factory firmware has no such test (\(remote.message))")
        default:
            return context.reason(for: error, otherwise: .testFailed)
        }
    }
}

extension LinkValue {
    init(_ value: PlanValue) {
        switch value {
        case .integer(let number): self = .int(Int32(clamping: number))
        case .number(let number): self = .float(Float(number))
        case .text(let text): self = .text(text)
        case .boolean(let flag): self = .bool(flag)
        }
    }
}

extension PlanValue {
    init(_ value: FactoryLink.MeasurementValue) {
        switch value {
        case .int(let number): self = .integer(Int64(number))
        // Through its shortest decimal form: 3.3 measured stays 3.3 in the record, not 3.299999952316284.
        case .float(let number): self = .number(Double("\(number)") ?? Double(number))
        case .bool(let flag): self = .boolean(flag)
        case .text(let text): self = .text(text)
        }
    }
}

extension RecordedValue {
    init(_ value: PlanValue) {
        switch value {
        case .integer(let number): self.init(reading: Double(number))
        case .number(let number): self.init(reading: number)
        case .text(let text): self = .text(text)
        case .boolean(let flag): self = .bool(flag)
        }
    }
}

extension MeasurementLimit {
    /// The limit in the record's words; nil when anything present was allowed.
    var recorded: Limit? {
        switch self {
        case .range(let low, let high): .range(low: low, high: high)
        case .equals(let value): .equals(RecordedValue(value))
        case .matches(let pattern): .matches(pattern.source)
        case .recorded: nil
        }
    }
}
