/// The `hardware` object of Release 30.
public final class HardwareAPI {
    private let machine: SquirrelMachine
    private var module: EmulatedModule { machine.module }
    private var uarts: [UARTName: UARTAPI] = [:]
    private var i2cs: [I2CName: I2CAPI] = [:]
    private var pins: [PinName: PinAPI] = [:]
    private var spis: [SPIName: SPIAPI] = [:]
    private var flash: SPIFlashAPI?
    private var samplerObject: SamplerAPI?
    private var dacObject: FixedFrequencyDACAPI?
    private let use = PinUse()

    init(machine: SquirrelMachine) {
        self.machine = machine
    }

    /// Everything off: Squirrel stopped (R23).
    func shutDown() {
        // In the same order in every run: what is switched off first is seen first.
        for name in UARTName.allCases { uarts[name]?.disable() }
        for name in PinName.allCases { pins[name]?.shutDown() }
        samplerObject?.stop()
        dacObject?.shutDown()
        samplerObject = nil
        dacObject = nil
        uarts.removeAll()
        spis.removeAll()
        i2cs.removeAll()
        pins.removeAll()
        flash = nil
    }

    /// `hardware.getdeviceid()`: 16 hexadecimal digits.
    public func getDeviceID() -> String { module.deviceID.text }

    /// `hardware.wakereason()` (R12).
    public func wakeReason() -> Int { module.wakeReason.rawValue }

    /// `hardware.voltage()`: V at the module.
    public func voltage() -> Double { module.board.measuredSupply() }

    /// `hardware.lightlevel()`: 0 to 65,535.
    public func lightLevel() -> Int { module.readLight() }

    /// `hardware.micros()`: since start, wrapping in 32 bits.
    public func micros() -> Int32 { Int32(truncatingIfNeeded: machine.upTime.wholeNanoseconds / 1000) }

    /// `hardware.millis()`: since start, wrapping in 32 bits.
    public func millis() -> Int32 { Int32(truncatingIfNeeded: machine.upTime.wholeNanoseconds / 1_000_000) }

    /// `hardware.pinX`.
    public func pin(_ name: PinName) -> PinAPI {
        if let pin = pins[name] { return pin }
        let pin = PinAPI(name: name, machine: machine, use: use)
        pins[name] = pin
        return pin
    }

    /// `hardware.uartXX`.
    public func uart(_ name: UARTName) -> UARTAPI {
        if let uart = uarts[name] { return uart }
        let uart = UARTAPI(name: name, machine: machine, use: use)
        uarts[name] = uart
        return uart
    }

    /// `hardware.i2cXX`.
    public func i2c(_ name: I2CName) -> I2CAPI {
        if let bus = i2cs[name] { return bus }
        let bus = I2CAPI(name: name, machine: machine, use: use)
        i2cs[name] = bus
        return bus
    }

    /// `hardware.spiXXXX`.
    public func spi(_ name: SPIName) -> SPIAPI {
        if let bus = spis[name] { return bus }
        let bus = SPIAPI(name: name, machine: machine, use: use)
        spis[name] = bus
        return bus
    }

    /// `hardware.sampler`.
    public var sampler: SamplerAPI {
        if let samplerObject { return samplerObject }
        let made = SamplerAPI(machine: machine)
        samplerObject = made
        return made
    }

    /// `hardware.fixedfrequencydac`.
    public var fixedFrequencyDAC: FixedFrequencyDACAPI {
        if let dacObject { return dacObject }
        let made = FixedFrequencyDACAPI(machine: machine, use: use)
        dacObject = made
        return made
    }

    /// Pins of SPI and I²C buses, and the rates of I²C buses that are on: what a release that forgets to switch them
    /// off would leave behind (R23).
    var busesInUse: (pins: [PinName], i2c: [I2CName: Int]) {
        let pins = PinName.allCases.filter { use.user(of: $0) is SPIAPI || use.user(of: $0) is I2CAPI }
        return (pins, i2cs.compactMapValues(\.enabledRate))
    }

    /// `hardware.spiflash` (N3).
    public var spiFlash: SPIFlashAPI {
        if let flash { return flash }
        let made = SPIFlashAPI(machine: machine)
        flash = made
        return made
    }

    var wakePinIsArmed: Bool { pins[.w]?.isWakeupInput ?? false }
}
