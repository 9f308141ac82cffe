import FactoryLink
import StationStore

extension UnitProcedure {
    /// Stage 8: the one act that can't be repeated. Four outcomes, each recorded; no answer is not a no.
    mutating func bless() async throws {
        try await waitUntilOnline()
        let limit = context.plan.limits.bless
        let run = try context.startedRun
        try await act(
            .bless, ["passed": "true"], onError: .blessNoAnswer,
            also: { result in
                let outcome: BlessingOutcome =
                    switch result.outcome {
                    case .ok: .blessed
                    case .failed: .refused
                    case .unknown: .noAnswer
                    }
                return .blessingAnswered(BlessingAnswered(run: run, outcome: outcome, detail: result.detail))
            }
        ) { context in
            do {
                let answer = try await context.link.ask(Bless(passed: true), within: limit)
                guard answer.blessed else {
                    return .failed(
                        Reason(
                            .blessRefused,
                            "server.bless(true) called back with false: see the device's log in impCentral"))
                }
                return .done(nil, ["callback": "true"])
            } catch let error as LinkError where !error.outcomeUnknown {
                return .failed(Reason(.blessRefused, "the request was not carried out: \(error)"))
            } catch LinkError.sessionChanged {
                return .unknown(
                    Reason(.blessInterrupted, "the unit restarted between server.bless and its answer"))
            } catch {
                return .unknown(
                    Reason(.blessNoAnswer, "server.bless gave no answer within \(limit.text): \(error)"))
            }
        }
    }

    /// A blessing needs the unit to be talking to the cloud.
    private func waitUntilOnline() async throws {
        let time = context.fixture.time
        let deadline = await time.now() + context.plan.limits.join
        while true {
            let status = try await context.ask(ReadStatus())
            if status.connected { return }
            guard await time.now() < deadline else {
                throw Reason(
                    .blessNotOnline,
                    "the unit is not connected to the cloud \(context.plan.limits.join.text) after start; network \(status.ssid ?? "none")"
                )
            }
            try await time.sleep(for: .milliseconds(500))
        }
    }

    /// `server.bless(false)`: the cloud logs the failure, the unit's LED goes red. It changes nothing that
    /// matters, so a unit that can't do it is none the worse.
    mutating func reportTestFailure() async {
        do {
            let run = try context.startedRun
            try await act(
                .bless, ["passed": "false"], onError: .testFailed,
                also: { result in
                    .blessingAnswered(BlessingAnswered(run: run, outcome: .testFailed, detail: result.detail))
                }
            ) { context in
                do {
                    _ = try await context.ask(Bless(passed: false), within: .seconds(5))
                    return .done(nil, ["callback": "false"])
                } catch {
                    return ActResult(outcome: .failed, effect: nil, detail: ["error": "\(error)"], stop: nil)
                }
            }
        } catch {
            context.event(.remark("the failure was not reported to the cloud: \(error)"))
        }
    }
}
