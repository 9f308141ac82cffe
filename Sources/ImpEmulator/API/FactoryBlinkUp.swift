/// `server.factoryblinkup`: a fixture configures the unit in front of its LED.
extension ServerAPI {
    /// How a fixture's LED flashes.
    public struct BlinkUpFlags: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// 142 Hz instead of 60 Hz.
        public static let fast = BlinkUpFlags(rawValue: 1)
        /// The LED shines when the pin is high.
        public static let activeHigh = BlinkUpFlags(rawValue: 2)
    }

    /// `server.factoryblinkup(SSID, password, pin, flags)`: asks the server for a factory enrolment token and returns;
    /// when the token is there, the program stands still while the LED flashes.
    ///
    /// On a device that is no fixture, and without a connection, it only logs.
    /// - Throws: outside factory firmware, and for settings that no BlinkUp can carry.
    public func factoryBlinkUp(
        ssid: String, password: String, pin: PinName, flags: BlinkUpFlags
    ) throws(ImpAPIError) {
        try machine.requireFactoryFirmware("server.factoryblinkup")
        try machine.requireRunning()
        guard ssid.utf8.count <= 32, password.utf8.count <= 64 else {
            throw ImpAPIError("bad parameter in server.factoryblinkup(SSID, password, pin, flags)")
        }
        let (module, machine) = (module, machine)
        guard module.connection.isConnected, let token = module.cloud.factoryToken(for: module.deviceID.text)
        else { return log("Factory BlinkUp request failed. This is not a factory imp.") }
        let packet = BlinkUpPacket(ssid: ssid, password: password, token: token)
        let signal = LightSignal(
            packet, rate: flags.contains(.fast) ? BlinkUpCoding.fastRate : BlinkUpCoding.slowRate)
        module.connection.link.send(Self.messageOverhead)
        module.later(module.cloud.behaviour.latency) {
            guard !machine.processor.isStopped else { return }
            machine.processor.hold()
            module.flash(signal, on: pin, activeHigh: flags.contains(.activeHigh))
            module.later(signal.duration) { machine.processor.release() }
        }
    }
}

extension EmulatedModule {
    /// Drives a pin as the signal says; whoever sees the LED is told.
    func flash(_ signal: LightSignal, on pin: PinName, activeHigh: Bool) {
        onLight(signal)
        for (index, isBright) in signal.frames.enumerated() {
            later(signal.start(of: index)) { [self] in
                board.set(pin, .steady(Drive(isBright == activeHigh)))
            }
        }
        later(signal.duration) { [self] in board.set(pin, .steady(Drive(!activeHigh))) }
    }
}
