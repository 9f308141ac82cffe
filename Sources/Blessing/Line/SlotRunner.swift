import FactoryLink
import Fixturing
import StationConfig
import StationStore
import TimeAndChance

/// One slot at work on one order: unit after unit as they are seated, or the one that a person asked for; each in its
/// own run.
struct SlotRunner: Sendable {
    let name: String
    let number: Int
    let fixture: any Fixture
    let order: OrderInWork
    let store: StationStore
    let settings: LineSettings
    let slotsInUse: SlotsInUse
    let tell: LineEventSink

    /// Why a slot took no further unit.
    enum Ending: Sendable, Equatable {
        /// The order is full, or the feed has no more units.
        case noMoreUnits
        /// Somebody stopped it.
        case stopped
        /// The fixture can't be used, or three runs in a row ended for the same reason (``SlotStreak``); what an engineer reads.
        case outOfUse(String)
    }

    /// Runs units until none may or will come.
    /// - Throws: `StoreError` when the record can't be kept; the fixture is safe then.
    func run() async throws -> (units: [UnitResult], ending: Ending) {
        var reports: [UnitResult] = []
        var ending = Ending.noMoreUnits
        var streak = SlotStreak()
        defer { tell(LineEvent(slot: name, .slotEnded)) }
        while !settings.control.isFinishing, !Task.isCancelled, await order.admission.enter() {
            let arrival: UnitArrival?
            do {
                arrival = try await nextUnit()
            } catch {
                let sentence = "the slot can't be used: \(error)"
                tell(LineEvent(slot: name, .remark(sentence)))
                ending = .outOfUse(sentence)
                arrival = nil
            }
            guard let arrival, !settings.control.isFinishing else {
                await order.admission.leave(used: false)
                break
            }
            tell(LineEvent(slot: name, .arrived(ordinal: arrival.ordinal, scannedCode: arrival.scannedCode)))
            let report: UnitResult
            do {
                report = try await runUnit(arrival)
            } catch {
                await order.admission.close()
                throw error.error
            }
            reports.append(report)
            await order.admission.leave(used: report.outcome == .passed)
            if let sentence = streak.add(report) {
                tell(LineEvent(slot: name, .remark(sentence)))
                ending = .outOfUse(sentence)
                break
            }
        }
        await fixture.makeSafe()
        if settings.control.isFinishing || Task.isCancelled { ending = .stopped }
        return (reports, ending)
    }

    /// Runs the one unit that a person scanned; it may be seated already, or is put in now.
    ///
    /// A place of the order must have been taken for it; it is given back here unless the unit was blessed.
    /// - Parameters:
    ///   - scannedCode: a serial number of the order, a MAC address, a device ID; nil when nothing was scanned.
    ///   - patience: how long somebody may take to seat it.
    /// - Returns: nil when nobody did.
    /// - Throws: `StoreError` when the record can't be kept, the fixture's error when the slot can't be used.
    func runOne(scannedCode: String?, seatedWithin patience: Duration, on clock: any TimeSource) async throws
        -> UnitResult?
    {
        let arrival: UnitArrival?
        do {
            arrival = try await withThrowingTaskGroup(of: UnitArrival?.self) { group in
                group.addTask { try await nextUnit() }
                group.addTask {
                    try await clock.sleep(for: patience)
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch {
            await order.admission.leave(used: false)
            await fixture.makeSafe()
            if error is CancellationError { return nil }
            throw error
        }
        guard var arrival else {
            await order.admission.leave(used: false)
            await fixture.makeSafe()
            return nil
        }
        if let scannedCode { arrival.scannedCode = scannedCode }
        tell(LineEvent(slot: name, .arrived(ordinal: arrival.ordinal, scannedCode: arrival.scannedCode)))
        do {
            let report = try await runUnit(arrival)
            await order.admission.leave(used: report.outcome == .passed)
            await fixture.makeSafe()
            return report
        } catch {
            await order.admission.close()
            throw error.error
        }
    }

    /// The next unit that is seated; nil when none will come, or none is wanted any more.
    private func nextUnit() async throws -> UnitArrival? {
        tell(LineEvent(slot: name, .waiting))
        await slotsInUse.awaitsUnit(name)
        let arrival: Result<UnitArrival?, any Error>
        do {
            // On a real line nobody may come for hours: a wish to finish ends the waiting.
            let fixture = fixture
            arrival = .success(try await settings.control.untilFinishing { try await fixture.awaitUnit() })
        } catch is CancellationError {
            arrival = .success(nil)
        } catch {
            arrival = .failure(error)
        }
        await slotsInUse.isTaken(name)
        return try arrival.get()
    }

    private func runUnit(_ arrival: UnitArrival) async throws(RecordFailure) -> UnitResult {
        let tell = tell
        let name = name
        let link = LinkClient(
            stream: fixture.console, time: fixture.time,
            onNotice: { notice in
                if case .log(let event) = notice {
                    tell(LineEvent(slot: name, .remark("unit: \(event.text)")))
                }
            })
        var procedure = UnitProcedure(
            context: UnitContext(
                slot: name, slotNumber: number, arrival: arrival, plan: order.plan, fixture: fixture,
                link: link,
                store: store, settings: settings, tokens: order.tokens, slotsInUse: slotsInUse, tell: tell))
        return try await procedure.run()
    }
}
