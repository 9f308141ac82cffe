import FactoryLink
import Fixturing
import Imp003
import SerialNOR

extension UnitProcedure {
    /// Sends factory BlinkUp until the unit's factory firmware speaks.
    ///
    /// A module sees an optical packet only if it looked from the first bit to the last, and a new one is first busy
    /// for seconds with copying its WiFi firmware into the flash. So BlinkUp waits for a sign of life from the unit's
    /// LED; where the fixture can't see it, or it stays dark, BlinkUp is tried from time to time.
    func blinkUpUntilHeard() async throws {
        let fixture = context.fixture
        let time = fixture.time
        let began = await time.now()
        let deadline = began + context.plan.limits.boot
        let blindFrom = began + context.plan.limits.boot / 4
        while true {
            let now = await time.now()
            if let light = try await fixture.indicator(), light == .off, now < blindFrom {
                try await time.sleep(for: .milliseconds(200))
                continue
            }
            try await fixture.blinkUp(context.settings.network)
            let left = deadline - (await time.now())
            do {
                _ = try await context.link.connect(within: max(.seconds(1), min(left, Self.blinkUpToConsole)))
                return
            } catch let error as LinkError {
                switch error {
                case .silent, .babbling, .noAnswer: break
                default: throw error
                }
                if await time.now() >= deadline { throw error.after(context.plan.limits.boot) }
            }
        }
    }

    /// From the end of a BlinkUp packet until factory firmware was fetched and runs, with room to spare.
    private static let blinkUpToConsole = Duration.seconds(15)

    /// Holds the module in reset and opens its flash by the fixture's own wires, behind the guard.
    mutating func holdForFlash() async throws -> FlashProgrammer {
        if let flash { return flash }
        try await context.fixture.setReset(held: true)
        let module = context.plan.variant.module
        let opened: FlashProgrammer
        do {
            opened = try await FlashProgrammer.open(
                context.fixture.flashBus, reservationEnd: Int(module.profile.reservation))
        } catch let refusal as ChipRefusal {
            throw Reason(ReasonCode(refusal), "\(refusal)")
        } catch let refusal as FlashRefusal {
            throw Reason(.flashUnsuitable, "\(refusal)")
        }
        guard opened.chip.size >= module.minimumFlash else {
            throw Reason(
                .flashUnsuitable,
                "\(opened.chip.name) has \(opened.chip.size / 1024) KiB; SKU \(context.plan.variant.sku) needs at least \(module.minimumFlash / 1024) KiB"
            )
        }
        if let chip, chip.id != opened.chip.id || chip.size != opened.chip.size {
            throw Reason(
                .flashUnsuitable,
                "the flash was \(chip.name) when the unit was admitted and is \(opened.chip.name) now; check the flash's connections"
            )
        }
        flash = opened
        return opened
    }

    /// Lets the module go and waits until its factory firmware speaks again.
    mutating func boot() async throws {
        flash = nil
        try await context.fixture.setReset(held: false)
        _ = try await context.link.connect(within: context.plan.limits.boot)
        guard let known = identity else { return }
        let answer = try await context.ask(Identify())
        guard answer.deviceID == known.device.text else {
            throw Reason(
                .wrongUnit,
                "the unit was \(known.device.text) when it was admitted; now \(answer.deviceID) answers. Was it exchanged?"
            )
        }
    }
}

extension ReasonCode {
    init(_ refusal: ChipRefusal) {
        switch refusal {
        case .noAnswer, .shorted, .unstable, .staysBusy: self = .flashSilent
        case .protected: self = .flashProtected
        default: self = .flashUnsuitable
        }
    }
}

extension LinkError {
    /// The same silence, told with the whole time it took rather than the last attempt's.
    fileprivate func after(_ duration: Duration) -> LinkError {
        switch self {
        case .silent(_, let mayHaveRun): .silent(after: duration, mayHaveRun: mayHaveRun)
        default: self
        }
    }
}
