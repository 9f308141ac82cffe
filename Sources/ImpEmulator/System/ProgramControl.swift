/// Starting, failing and replacing the program.
extension EmulatedModule {
    func startMachine(_ code: ModuleConfig.Code, _ reason: WakeReason) {
        stopMachine()
        replanProgram()
        wakeReason = reported(reason)
        phase = .running(code)
        if connection.isConnected, code == .application || ledWish == .dark { show(.connected) }
        let machine = SquirrelMachine(module: self, code: code)
        self.machine = machine
        later(release.times.squirrelStart) { [weak machine] in machine?.start() }
    }

    /// Before R12 three of the reasons did not exist.
    private func reported(_ reason: WakeReason) -> WakeReason {
        guard !release.holds(.r12) else { return reason }
        return switch reason {
        case .hardwareReset: .powerOn
        case .newFirmware: .softwareReset
        case .snooze: .timer
        default: reason
        }
    }

    /// Squirrel stops; its pins and buses go off (R23).
    func stopMachine() {
        guard let machine else { return }
        var left: (pins: [PinName], i2c: [I2CName: Int]) = ([], [:])
        if !release.holds(.r23), let hardware = machine.interface?.hardware { left = hardware.busesInUse }
        machine.stop()
        self.machine = nil
        i2cLeftOn = left.i2c
        board.releasePins(except: left.pins)
    }

    /// An error left the program: it starts again with wake reason 5; the operating system and its leaks stay.
    func machineFailed(_ error: any Error) {
        guard let code = machine?.code else { return }
        if let failure = error as? ProgramFailure {
            if failure.isOutOfMemory { return runOutOfMemory() }
            var lines = failure.description.split(separator: "\n").map(String.init)
            // R35 broken: nobody says where.
            if !release.holds(.r35), lines[0].contains("circular data") { lines.removeSubrange(1...) }
            for line in lines { note(line) }
        } else {
            note("ERROR: \(error)")
        }
        stopMachine()
        laterWithProgram(release.times.squirrelStart) { [self] in startMachine(code, .squirrelError) }
    }

    /// Memory ran out (R14, K1).
    func runOutOfMemory() {
        if release.holds(.r14) { note("out of memory") }
        restart(.softwareReset)
    }

    /// The cloud's answer to a blessing reached the module, and the program has heard of it.
    func blessed() {
        guard cloud.behaviour.loadsCodeAfterBlessing else { return }
        later(release.times.applicationAfterBlessing) { [self] in
            // A program that is blessed several times, or configured anew meanwhile, has been answered already.
            guard case .running(let code) = phase, code != .application else { return }
            load(.application)
        }
    }

    func connectionLost(_ reason: ConnectionReason) {
        guard let machine else {
            if [.unassigned, .connecting, .upgrading].contains(phase) { goOnline(wakeReason) }
            return
        }
        machine.connectionLost(reason)
    }
}
