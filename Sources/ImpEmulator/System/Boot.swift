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
        show(.flashError)
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
        // Before N7 there was no image but the module maker's.
        guard release.holds(.n7) else { return }
        radio.isDead =
            config.nvram.map { NVRAMImage(bytes: $0)["devid"]?.trimmed.lowercased() != "0x4343" } ?? false
    }

    private func begin(_ reason: WakeReason) {
        let wokenFromSleep = reason == .timer || reason == .pin
        // Before R38 a wake by pin W looked like a module without settings.
        if reason == .pin, !release.holds(.r38) { led.show(.unconfigured, at: simulation.now) }
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
        show(.unconfigured)
    }

    /// Connects, asks the server what to run, and runs it; without a server, runs what is there.
    ///
    /// Behind a BlinkUp the server has ten seconds before cached code runs (R36), so that code which forgets the
    /// network at once can still be replaced.
    func goOnline(_ reason: WakeReason, afterBlinkUp: Bool = false) {
        replanProgram()
        phase = .connecting
        if radioImageIsStale { loadRadioImage() }
        if afterBlinkUp, config.code != .none, !release.holds(.r36) {
            return startMachine(config.code, reason)
        }
        let limit =
            switch (afterBlinkUp && config.code != .none, reason) {
            case (true, _): release.times.afterBlinkUp
            case (_, .snooze): release.times.suspendedTry
            default: release.times.connectTimeout
            }
        connection.connect(timeout: limit) { [weak self] result in
            guard let self else { return }
            if result == .serverConnected {
                if upgradeIsOffered { return upgrade() }
                takeAssignment(reason, afterBlinkUp: afterBlinkUp)
            } else if reason == .snooze {
                snooze()
            } else if config.code != .none {
                startMachine(config.code, reason)
            } else {
                show(.unconfigured)
                laterWithProgram(release.times.retryPause) { [self] in
                    goOnline(reason, afterBlinkUp: afterBlinkUp)
                }
            }
        }
    }

    /// SUSPEND_ON_ERROR gave up: sleeps, then tries again before the program runs.
    func snooze() {
        sleepDeeply(for: release.times.snooze, then: .snooze)
    }

    private func takeAssignment(_ reason: WakeReason, afterBlinkUp: Bool) {
        let name = deviceID.text
        if let enrolment = config.enrolment { cloud.enrol(name, token: enrolment.token) }
        if afterBlinkUp, let enrolment = config.enrolment, cloud.group(of: name) == .production {
            cloud.activated(name, planID: enrolment.planID, token: enrolment.token)
        }
        let group = cloud.group(of: name)
        // With `load_code_after_blessing` off, the application comes with the end user's BlinkUp.
        let isPatient = group == .production && !cloud.behaviour.loadsCodeAfterBlessing && !afterBlinkUp
        let wanted = isPatient ? config.code : group.code
        agents?.assigned(wanted, to: self)
        if wanted == .none {
            phase = .unassigned
        } else if wanted == config.code, isPatient || cloud.deployment(to: wanted.group) == config.deployment
        {
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
        replanProgram()
        phase = .loading(code)
        let deployment = cloud.deployment(to: code.group)
        laterWithProgram(release.times.firmwareDownload) { [self] in
            configure({
                $0.code = code
                $0.deployment = deployment
            }) { [self] in
                guard phase == .loading(code) else { return }
                // What was deployed meanwhile is fetched before anything runs.
                let isLatest = cloud.deployment(to: code.group) == deployment || !connection.isConnected
                if isLatest { startMachine(code, .newSquirrel) } else { load(code) }
            }
        }
    }

    // MARK: Another operating system

    /// The operating system that runs.
    public var softwareVersion: String { config.systemVersion ?? release.softwareVersion }

    /// The server has another operating system for this module.
    var upgradeIsOffered: Bool { cloud.systemVersion.map { $0 != softwareVersion } ?? false }

    /// Fetches the operating system that the server offers and restarts with it (wake reason 6). What it does is
    /// Release 30 still; programs see its version.
    func upgrade() {
        guard let version = cloud.systemVersion else { return }
        stopMachine()
        replanProgram()
        phase = .upgrading
        laterWithProgram(release.times.systemUpgrade) { [self] in
            configure({ $0.systemVersion = version }) { [self] in
                if phase == .upgrading { restart(.newFirmware) }
            }
        }
    }
}
