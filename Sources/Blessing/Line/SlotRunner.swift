import FactoryLink
import Fixturing
import StationConfig
import StationStore

/// One slot: unit after unit, each in its own run.
struct SlotRunner: Sendable {
    let name: String
    let number: Int
    let fixture: any Fixture
    let plan: BlessingPlan
    let store: StationStore
    let settings: LineSettings
    let tokens: NVRAMTokens
    let admission: Admission
    let slotsInUse: SlotsInUse
    let tell: LineEventSink

    /// Runs units until none may or will come.
    /// - Throws: `StoreError` when the record can't be kept; the fixture is safe then.
    func run() async throws -> [UnitResult] {
        var reports: [UnitResult] = []
        var spoiledInARow = 0
        defer { tell(LineEvent(slot: name, .slotEnded)) }
        while !settings.control.isFinishing, !Task.isCancelled, await admission.enter() {
            tell(LineEvent(slot: name, .waiting))
            let arrival: UnitArrival?
            await slotsInUse.awaitsUnit(name)
            do {
                // On a real line nobody may come for hours: a wish to finish ends the waiting.
                let fixture = fixture
                arrival = try await settings.control.untilFinishing { try await fixture.awaitUnit() }
            } catch is CancellationError {
                arrival = nil
            } catch {
                tell(LineEvent(slot: name, .remark("the slot can't be used: \(error)")))
                arrival = nil
            }
            await slotsInUse.isTaken(name)
            guard let arrival, !settings.control.isFinishing else {
                await admission.leave(used: false)
                break
            }
            tell(LineEvent(slot: name, .arrived(ordinal: arrival.ordinal, scannedCode: arrival.scannedCode)))
            let report: UnitResult
            do {
                report = try await runUnit(arrival)
            } catch {
                await admission.close()
                throw error.error
            }
            reports.append(report)
            await admission.leave(used: report.outcome == .passed)
            // A fixture that is gone, or a station that can't work, would only spoil unit after unit.
            spoiledInARow =
                report.outcome == .error || report.reason?.code == .fixtureLost ? spoiledInARow + 1 : 0
            if spoiledInARow == 3 {
                tell(
                    LineEvent(
                        slot: name,
                        .remark(
                            "three runs in a row were spoiled by the station or its fixture: slot taken out of use"
                        )))
                break
            }
        }
        await fixture.makeSafe()
        return reports
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
                slot: name, slotNumber: number, arrival: arrival, plan: plan, fixture: fixture, link: link,
                store: store, settings: settings, tokens: tokens, slotsInUse: slotsInUse, tell: tell))
        return try await procedure.run()
    }
}
