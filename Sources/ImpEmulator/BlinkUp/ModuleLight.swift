import TimeAndChance

/// The module's light sensor and its LED: when it looks for BlinkUp, what it makes of it, and what it shows.
extension EmulatedModule {
    /// Whether the module looks for light.
    ///
    /// | `imp.enableblinkup` | 60 s from a cold start | 60 s from an attempt to connect | else |
    /// |---|---|---|---|
    /// | never called | on | on | off |
    /// | false | on | off | off |
    /// | true | on | on | on |
    ///
    /// (R37; the LED follows the same table.)
    public var blinkUpIsOpen: Bool {
        switch phase {
        case .off, .heldInReset, .booting, .movingFirmware, .flashError, .asleep, .loading, .upgrading: false
        case .unconfigured, .connecting, .unassigned, .running: isAttentive
        }
    }

    private var isAttentive: Bool {
        // Before R37 there were places that did not ask for the flag.
        if let enabled = machine?.blinkUpEnabled, enabled || !release.holds(.r37) { return true }
        let window = release.times.blinkUpWindow
        if let coldStartedAt, simulation.now < coldStartedAt + window { return true }
        guard machine?.blinkUpEnabled == nil, let begin = connection.attemptedAt else { return false }
        return simulation.now < begin + window
    }

    /// Light begins to flash in front of the sensor; the packet counts if the module looks from its first frame to its
    /// last.
    func seeLight(_ signal: LightSignal, under conditions: LightConditions) {
        light = (signal, conditions, simulation.now)
        guard blinkUpIsOpen else { return }
        later(signal.duration) { [self] in
            guard blinkUpIsOpen else { return }
            let levels = conditions.levels(of: signal, dice: &opticalDice)
            let outcome = BlinkUpReceiver.decode(
                levels, followsLight: release.holds(.r39),
                tolerance: release.holds(.r40)
                    ? BlinkUpReceiver().preambleTolerance : BlinkUpReceiver.strictTolerance)
            switch outcome {
            case .packet(let packet): receiveBlinkUp(packet)
            case .damaged: rejectBlinkUp()
            case nil: break
            }
        }
    }

    /// A whole packet arrived.
    private func receiveBlinkUp(_ packet: BlinkUpPacket) {
        guard packet.ssid.count <= 32, packet.password.count <= 64 else { return rejectBlinkUp() }
        stopMachine()
        replanProgram()
        connection.disconnect()
        phase = .connecting
        show(.blinkUpAccepted)
        configure({
            if !packet.ssid.isEmpty {
                $0.wifi = ModuleConfig.WiFi(ssid: packet.ssid, password: packet.password)
            }
            $0.enrolment = ModuleConfig.Enrolment(
                planID: String(decoding: packet.planID, as: UTF8.self),
                token: String(decoding: packet.token, as: UTF8.self))
        })
        laterWithProgram(release.times.blinkUpAccepted) { [self] in goOnline(wakeReason, afterBlinkUp: true) }
    }

    /// What the light sensor reads now, 0 to 65,535: the room, and what flashes.
    func readLight() -> Int {
        let added = light.map { $0.conditions.added(by: $0.signal, after: simulation.now - $0.since) } ?? 0
        return min(max(board.measuredLight() + Int((added * 65_535).rounded()), 0), 65_535)
    }

    /// Data began and was not understood: a short red flash, then what was before.
    private func rejectBlinkUp() {
        let before = ledWish
        show(.blinkUpRejected)
        later(.milliseconds(500)) { [self] in
            if ledWish == .blinkUpRejected { show(before) }
        }
    }

    // MARK: LED

    /// Patterns that are shown whether or not anybody is expected to look.
    private static let alwaysShown: Set<StatusLED.Pattern> = [
        .blinkUpAccepted, .blinkUpRejected, .blessed, .blessingFailed, .flashError, .supplyProblem, .dark,
    ]

    /// What the module wants to say; the LED stays dark when its time is over (R37).
    func show(_ pattern: StatusLED.Pattern) {
        ledWish = pattern
        refreshLED()
    }

    /// Looks again whether the LED may shine.
    func refreshLED() {
        let shines = Self.alwaysShown.contains(ledWish) || isAttentive
        led.show(shines ? ledWish : .dark, at: simulation.now)
        guard shines, ledWish != .dark else { return }
        let window = release.times.blinkUpWindow
        for begin in [coldStartedAt, connection.attemptedAt] {
            guard let begin, begin + window > simulation.now, ledChecks.insert(begin + window).inserted else {
                continue
            }
            let end = begin + window
            later(end - simulation.now) { [self] in
                ledChecks.remove(end)
                refreshLED()
            }
        }
    }
}
