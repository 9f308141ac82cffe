import Imp003

/// From power-on to a running program.
extension EmulatedModule {
    func boot(_ reason: WakeReason, after delay: Duration) {
        later(delay + release.times.kernel) { [self] in
            guard flash.answers else { return failOnFlash() }
            if config.wifiFirmwareMoved {
                checkFirmware(then: reason)
            } else {
                moveFirmware(then: reason)
            }
        }
    }

    /// The imp003's first power-up copies the WiFi firmware from inside the module to the external flash; after
    /// that the module's own copy is gone.
    private func moveFirmware(then reason: WakeReason) {
        phase = .movingFirmware
        let transfer = WiFiFirmwareTransfer(
            flash: flash, firmware: WiFiFirmware.image(release.wifiFirmwareBytes))
        firmwareTransfer = transfer
        func proceed() {
            transfer.catchUp(to: simulation.now)
            guard transfer.isFinished else { return later(.milliseconds(250)) { proceed() } }
            firmwareTransfer = nil
            guard transfer.verified else { return failOnFlash() }
            configure({ $0.wifiFirmwareMoved = true }) { [self] in startRadio(then: reason) }
        }
        proceed()
    }

    private func checkFirmware(then reason: WakeReason) {
        let firmware = WiFiFirmware.image(release.wifiFirmwareBytes)
        let (content, duration) = flash.read(at: 0, count: firmware.count)
        later(duration) { [self] in
            guard content.isSame(as: firmware) else { return failOnFlash() }
            startRadio(then: reason)
        }
    }

    private func failOnFlash() {
        phase = .flashError
        led.show(.flashError, at: simulation.now)
        note("SPI flash error")
    }

    private func startRadio(then reason: WakeReason) {
        later(release.times.radioStart) { [self] in
            loadRadioImage()
            begin(reason)
        }
    }

    /// Hands the NVRAM image to the radio; one that is not for its chip leaves the radio dead.
    func loadRadioImage() {
        radioImageIsStale = false
        radio.isDead =
            config.nvram.map { NVRAMImage(bytes: $0)["devid"]?.trimmed.lowercased() != "0x4343" } ?? false
    }

    private func begin(_ reason: WakeReason) {
        let wokenFromSleep = reason == .timer || reason == .pin
        guard let _ = config.wifi else {
            guard wokenFromSleep, config.code != .none else { return waitForBlinkUp() }
            return startMachine(config.code, reason)
        }
        // A warm start runs the program at once; the program connects when it wants to.
        if wokenFromSleep, config.code != .none { return startMachine(config.code, reason) }
        goOnline(reason)
    }

    private func waitForBlinkUp() {
        phase = .unconfigured
        led.show(.unconfigured, at: simulation.now)
        let mine = simulation.now
        // LED and BlinkUp go to sleep when nobody comes.
        later(release.times.blinkUpWindow) { [self] in
            if phase == .unconfigured, !blinkUpIsOpen, coldStartedAt.map({ $0 <= mine }) ?? true {
                led.show(.dark, at: simulation.now)
            }
        }
    }

    /// Connects, asks the server what to run, and runs it; without a server, runs what is there.
    func goOnline(_ reason: WakeReason, afterBlinkUp: Bool = false) {
        phase = .connecting
        if radioImageIsStale { loadRadioImage() }
        connection.connect(timeout: release.times.connectTimeout) { [weak self] result in
            guard let self else { return }
            if result == .serverConnected {
                takeAssignment(reason, afterBlinkUp: afterBlinkUp)
            } else if config.code != .none {
                startMachine(config.code, reason)
            } else {
                led.show(.unconfigured, at: simulation.now)
                later(release.times.retryPause) { [self] in goOnline(reason, afterBlinkUp: afterBlinkUp) }
            }
        }
    }

    private func takeAssignment(_ reason: WakeReason, afterBlinkUp: Bool) {
        let name = deviceID.text
        if config.enrolment != nil { cloud.enrol(name) }
        let wanted: ModuleConfig.Code =
            switch cloud.group(of: name) {
            case .unknown: .none
            case .dut: .factory
            case .production:
                // With `load_code_after_blessing` off, the application comes with the end user's BlinkUp.
                cloud.behaviour.loadsCodeAfterBlessing || afterBlinkUp ? .application : config.code
            }
        if wanted == .none {
            phase = .unassigned
        } else if wanted == config.code {
            startMachine(wanted, reason)
        } else {
            load(wanted)
        }
    }

    /// Fetches a program from the server, keeps it, and starts it as new Squirrel.
    func load(_ code: ModuleConfig.Code) {
        if !release.holds(.r30), let machine, machine.processor.isHeld {
            // Broken: the program has to come back to its event loop first.
            return later(.milliseconds(100)) { [self] in load(code) }
        }
        stopMachine()
        phase = .loading(code)
        later(release.times.firmwareDownload) { [self] in
            configure({ $0.code = code }) { [self] in startMachine(code, .newSquirrel) }
        }
    }

    // MARK: BlinkUp

    /// Whether the module looks for light: for 60 s after a cold start, and as long as `imp.enableblinkup(true)`
    /// says so (R37).
    public var blinkUpIsOpen: Bool {
        switch phase {
        case .off, .heldInReset, .booting, .movingFirmware, .flashError, .asleep, .loading: return false
        case .unconfigured, .connecting, .unassigned, .running: break
        }
        if machine?.blinkUpEnabled == true { return true }
        guard let coldStartedAt else { return false }
        return simulation.now < coldStartedAt + release.times.blinkUpWindow
    }

    /// The end of an optical packet that the module saw from its beginning.
    func receiveBlinkUp(ssid: String, password: String, token: String) {
        guard blinkUpIsOpen else { return }
        stopMachine()
        connection.disconnect()
        phase = .connecting
        guard (1...32).contains(ssid.utf8.count), password.utf8.count <= 64 else {
            led.show(.blinkUpRejected, at: simulation.now)
            phase = .unconfigured
            return
        }
        led.show(.blinkUpAccepted, at: simulation.now)
        configure({
            $0.wifi = ModuleConfig.WiFi(ssid: ssid, password: password)
            $0.enrolment = ModuleConfig.Enrolment(planID: "", token: token)
        })
        later(release.times.blinkUpAccepted) { [self] in goOnline(wakeReason, afterBlinkUp: true) }
    }
}
