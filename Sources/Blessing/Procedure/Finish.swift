import FactoryLink
import StationStore

extension UnitProcedure {
    /// Stage 9: within about two seconds of a blessing the application firmware takes over, so the configuration
    /// is cleared before anything else is thought of.
    mutating func finish() async throws {
        try await act(.clearConfiguration, [:], onError: .notCleared) { context in
            do {
                _ = try await context.ask(ClearConfiguration())
                return .done()
            } catch {
                return .failed(
                    Reason(.notCleared, "blessed, but imp.clearconfiguration() was not confirmed: \(error)"))
            }
        }
        let fixture = context.fixture
        try await shielded { () -> Result<Void, any Error> in
            do { return .success(try await fixture.setPower(false)) } catch { return .failure(error) }
        }.get()
        if let lease, let device = identity?.device.text {
            try await context.write(
                .serialConfirmed(
                    SerialConfirmed(serial: lease.serial, device: device, run: try context.startedRun)))
        }
        try await printLabel()
    }

    private func printLabel() async throws {
        guard let template = context.plan.labelTemplate, let folder = context.settings.labelSpool,
            let settings = context.plan.variant.label, let identity
        else { return }
        do {
            let label = try Label.render(
                template: template,
                fields: LabelFields(
                    plan: context.plan, identity: identity, serial: lease?.serial,
                    operatedBy: context.settings.operatedBy, at: context.settings.clock.utcMilliseconds()))
            let spooled = try LabelSpool(folder: folder).add(
                label, named: "\(lease?.serial ?? identity.device.text)-\(try context.startedRun)",
                copies: settings.copies)
            try await context.write(
                .labelPrinted(
                    LabelPrinted(
                        run: try context.startedRun, serial: lease?.serial, digest: spooled.digest,
                        destination: spooled.name)))
        } catch let error as LabelError {
            throw Reason(.labelFailed, "\(error)")
        }
    }
}
