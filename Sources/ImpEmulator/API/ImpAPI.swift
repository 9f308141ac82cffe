import Imp003

/// The `imp` object of Release 30, device side.
///
/// Calls that keep a real imp's processor waiting take `then`; no other callback runs until it is called.
public final class ImpAPI {
    private let machine: SquirrelMachine
    private var module: EmulatedModule { machine.module }

    init(machine: SquirrelMachine) {
        self.machine = machine
    }

    // MARK: One-way settings, factory firmware only

    /// `imp.setcountry(regionCode)`: which channels the radio may use, kept for ever.
    ///
    /// What a real imp003 does with any other integer than its two is not documented; here it is a Squirrel error.
    /// - Throws: outside factory firmware, and for a code that is not 0x5355 or 0x4247.
    public func setCountry(_ code: Int32, then: @escaping Resume<Void>) throws(ImpAPIError) {
        if module.release.holds(.n6) { try machine.requireFactoryFirmware("imp.setcountry") }
        guard let region = RegionCode(rawValue: UInt32(bitPattern: code)) else {
            throw ImpAPIError("bad region code \(code) in imp.setcountry(regionCode)")
        }
        guard !module.faults.contains(.regionIgnored) else {
            return machine.processor.wait(for: .milliseconds(1)) { try then(.success(())) }
        }
        try configure({ $0.region = region }, then: then)
    }

    /// `imp.getcountry()`: eight upper-case hexadecimal digits without prefix.
    public func getCountry() -> String { module.region.readBack }

    /// `imp.setnvramimage(settings)`: replaces the radio's settings page; used at the next connection attempt.
    ///
    /// The real hash's algorithm is not documented: the string is opaque, equal for equal images.
    /// - Throws: outside factory firmware, for an empty image, and for one that does not fit.
    public func setNVRAMImage(_ settings: [UInt8], then: @escaping Resume<String>) throws(ImpAPIError) {
        try machine.requireFactoryFirmware("imp.setnvramimage")
        guard !settings.isEmpty else { throw ImpAPIError("bad settings in imp.setnvramimage(settings)") }
        let hash = Self.opaqueHash(of: settings)
        try configure({ $0.nvram = settings }) { result in
            self.module.radioImageIsStale = true
            try then(result.map { hash })
        }
    }

    private static func opaqueHash(of settings: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in settings { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    // MARK: Network settings

    /// `imp.clearconfiguration()`: forgets network and enrolment. The connection that stands is not dropped.
    public func clearConfiguration(then: @escaping Resume<Void>) throws(ImpAPIError) {
        try configure(
            {
                $0.wifi = nil
                $0.enrolment = nil
            }, then: then)
    }

    /// `imp.setwificonfiguration(ssid, password)`: for the next connection attempt.
    public func setWiFiConfiguration(ssid: String, password: String, then: @escaping Resume<Void>)
        throws(ImpAPIError)
    {
        guard (1...32).contains(ssid.utf8.count), password.utf8.count <= 64 else {
            throw ImpAPIError("bad parameter in imp.setwificonfiguration(ssid, password)")
        }
        try configure({ $0.wifi = ModuleConfig.WiFi(ssid: ssid, password: password) }, then: then)
    }

    /// `imp.setenroltokens(planID, token)`: enrolment without BlinkUp.
    public func setEnrolTokens(planID: String, token: String, then: @escaping Resume<Void>)
        throws(ImpAPIError)
    {
        try configure({ $0.enrolment = ModuleConfig.Enrolment(planID: planID, token: token) }, then: then)
    }

    private func configure(_ change: @escaping (inout ModuleConfig) -> Void, then: @escaping Resume<Void>)
        throws(ImpAPIError)
    {
        try machine.requireRunning()
        let processor = machine.processor
        guard module.configure(change, then: { processor.release { try then(.success(())) } }) else {
            throw ImpAPIError("the configuration does not fit")
        }
        processor.hold()
    }

    // MARK: Radio

    /// `imp.scanwifinetworks()`: waits for the result.
    ///
    /// Works with WiFi off (R1). Each scan loses memory that `getMemoryFree` does not show; when it runs out, the
    /// module restarts (K1).
    /// - Throws: when a scan is going on.
    public func scanWiFiNetworks(then: @escaping Resume<[ScanResult]>) throws(ImpAPIError) {
        let processor = machine.processor
        try scan { found in processor.release { try then(.success(found)) } }
        processor.hold()
    }

    /// `imp.scanwifinetworks(callback)`: returns at once.
    public func beginWiFiScan(callback: @escaping ([ScanResult]) throws -> Void) throws(ImpAPIError) {
        let processor = machine.processor
        try scan { found in processor.post { try callback(found) } }
    }

    private func scan(_ done: @escaping ([ScanResult]) -> Void) throws(ImpAPIError) {
        try machine.requireRunning()
        guard !module.radio.isScanning else {
            throw ImpAPIError("scan already running in imp.scanwifinetworks(callback)")
        }
        let module = module
        let channels = module.usedChannels
        // Before R1 a radio that was off stayed off and heard nothing.
        if !module.radio.isPowered, !module.release.holds(.r1) {
            return module.later(.milliseconds(1)) { done([]) }
        }
        module.radio.isScanning = true
        module.later(module.release.scan.dwellPerChannel * channels.count) { [machine] in
            module.radio.isScanning = false
            let issues = module.release.knownIssues
            if issues.scanLeaks, module.release.holds(.k1) {
                module.leakedBytes += issues.scanLeakBytes
                let left = machine.freeMemory - module.leakedBytes
                guard left >= module.release.memory.perScanResult else { return module.runOutOfMemory() }
            }
            done(module.radio.scan(channels, sensitivity: module.release.scan.sensitivity))
        }
    }

    /// `imp.rssi()`: dBm, 0 when not joined.
    public func rssi() -> Int { module.connection.accessPoint.map(module.radio.reception(of:)) ?? 0 }

    /// `imp.getssid()`: empty when not joined.
    public func getSSID() -> String { module.connection.accessPoint?.ssid ?? "" }

    /// `imp.getbssid()`: 12 hexadecimal digits, empty when not joined.
    public func getBSSID() -> String { module.connection.accessPoint?.bssid.bareHex ?? "" }

    /// `imp.getchannel()`: 0 when not joined.
    public func getChannel() -> Int { module.connection.accessPoint?.channel ?? 0 }

    /// `imp.setpowersave(flag)`.
    public func setPowerSave(_ on: Bool) { machine.powerSave = on }

    /// `imp.getpowersave()`.
    public func getPowerSave() -> Bool { machine.powerSave }

    // MARK: Identity and memory

    /// `imp.getmacaddress()`: 12 hexadecimal digits.
    public func getMACAddress() -> String { module.mac.bareHex }

    /// `imp.getsoftwareversion()`.
    public func getSoftwareVersion() -> String { module.softwareVersion }

    /// `imp.getmemoryfree()`: bytes; leaks of scans do not show (K1) unless `KnownIssues.leakIsHidden` is off.
    public func getMemoryFree() -> Int { machine.reportedFreeMemory }

    /// `imp.configparams`: filled by the server after connecting; absent keys are absent.
    public var configParams: [String: ConfigParameter] {
        guard module.connection.isConnected, machine.code.isFactory else { return [:] }
        var params: [String: ConfigParameter] = ["factoryfirmware": .bool(true)]
        let own = module.deviceID.text
        // A fixture names itself as the one that configures, and no other.
        guard machine.code == .factory else {
            params["factory_imp"] = .text(String(own.suffix(12)))
            return params
        }
        let fixture = module.cloud.fixture(of: own) ?? EmulatedCloud.lineFixture
        params["factory_imp_device_id"] = .text(fixture)
        params["factory_imp"] = .text(String(fixture.suffix(12)))
        return params
    }

    // MARK: Time

    /// `imp.wakeup(seconds, callback)`.
    public func wakeup(after seconds: Double, _ callback: @escaping Callback) -> WakeupTimer {
        let processor = machine.processor
        return WakeupTimer(
            event: module.simulation.schedule(after: .wholeNanoseconds(ofSeconds: seconds)) {
                [weak processor] in
                processor?.post(callback)
            })
    }

    /// `imp.cancelwakeup(timer)`.
    public func cancelWakeup(_ timer: WakeupTimer) { timer.event.cancel() }

    /// `imp.sleep(seconds)`: keeps the processor.
    public func sleep(_ seconds: Double, then: @escaping Resume<Void>) {
        machine.processor.wait(for: .wholeNanoseconds(ofSeconds: seconds)) { try then(.success(())) }
    }

    /// `imp.onidle(callback)`: once, when nothing else is left to do.
    public func onIdle(_ callback: @escaping Callback) { machine.processor.postWhenIdle(callback) }

    /// `imp.deepsleepfor(seconds)`: everything off, RAM lost; starts again with wake reason TIMER. With 0 it is the
    /// documented cure for the memory that scans lost (K1).
    /// - Throws: for a negative time, and beyond 28 days.
    public func deepSleepFor(_ seconds: Double) throws(ImpAPIError) {
        guard seconds >= 0, seconds <= 2_419_198 else {
            throw ImpAPIError("bad parameter in imp.deepsleepfor(seconds)")
        }
        // R34 broken: a valid value is refused.
        guard module.release.holds(.r34) || seconds == seconds.rounded() else {
            throw ImpAPIError("bad parameter in imp.deepsleepfor(seconds)")
        }
        try machine.requireRunning()
        let module = module
        module.keptTable = machine.firmware?.keptTable
        let armed = machine.interface?.hardware.wakePinIsArmed ?? false
        module.sleepDeeply(for: .wholeNanoseconds(ofSeconds: seconds), then: .timer)
        module.wakePinIsArmed = armed
    }

    /// `imp.deepsleepuntil(hour, minute, second)`: the next time the clock shows this UTC time. The emulated clock
    /// shows 00:00:00 when the simulation starts.
    public func deepSleepUntil(hour: Int, minute: Int, second: Int) throws(ImpAPIError) {
        guard (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second) else {
            throw ImpAPIError("bad parameter in imp.deepsleepuntil(hour, minute, second)")
        }
        let wanted = Double(hour * 3600 + minute * 60 + second)
        let present = module.simulation.now.elapsed.inSeconds.truncatingRemainder(dividingBy: 86_400)
        try deepSleepFor(wanted > present ? wanted - present : wanted + 86_400 - present)
    }

    /// `imp.enableblinkup(flag)` (R37).
    public func enableBlinkUp(_ on: Bool) {
        machine.blinkUpEnabled = on
        module.refreshLED()
    }
}

/// A timer of `imp.wakeup`.
public struct WakeupTimer {
    let event: Simulation.Event
}

/// A value in `imp.configparams`.
public enum ConfigParameter: Equatable, Sendable {
    case bool(Bool)
    case text(String)
}
