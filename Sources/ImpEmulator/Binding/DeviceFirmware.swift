import Squirrel

/// A Squirrel program on an emulated module: the machine that runs it, with Release 30's names in its root table.
final class DeviceFirmware: Firmware {
    let interface: ImpInterface
    let run: ScriptRun
    var machine: SquirrelMachine { interface.machine }
    var module: EmulatedModule { interface.machine.module }
    var vm: SquirrelVM { run.vm }

    /// What the machine took before the program's own data came.
    private let memoryBefore: Int
    /// What the module has for the program's data.
    private let memoryForData: Int
    private let code: SquirrelObject?
    private let trouble: ImpAPIError?
    private let configParams: SquirrelObject
    private var shownParams: [String: ConfigParameter] = [:]

    init(_ program: DeviceProgram, _ interface: ImpInterface) {
        self.interface = interface
        let machine = interface.machine
        let module = machine.module
        let figures = module.release.squirrel
        run = ScriptRun(
            program, processor: machine.processor, simulation: module.simulation, figures: figures)
        let vm = run.vm
        vm.random = { module.randomNumber() }
        vm.clock = { [unowned machine] in machine.upTime.inSeconds }
        vm.wallClock = { figures.epoch + module.simulation.now.nanoseconds / 1_000_000_000 }
        vm.onPrint = { module.note(Self.line($0)) }
        vm.onError = { module.note("ERROR: " + Self.line($0)) }
        configParams = vm.makeTable()
        for (name, make) in DeviceNames.root { vm.root[name] = .object(make(DeviceContext(run, interface))) }
        (vm.root["imp"]?.objectValue)?["configparams"] = .object(configParams)
        if let kept = module.keptTable { vm.root["nv"] = vm.value(from: kept) }
        let empty = vm.memoryUsed
        do throws(ImpAPIError) {
            code = try program.loaded(into: vm)
            trouble = nil
        } catch {
            code = nil
            trouble = error
        }
        memoryBefore = vm.memoryUsed
        memoryForData =
            module.release.memory.freeAtStart - (memoryBefore - empty) * figures.percentOfCodeSize / 100
        vm.memoryLimit = memoryBefore + max(memoryForData, 0)
        machine.unpaid = { [unowned run] in run.unpaid }
        run.logsOrigins = module.release.holds(.r13)
        if !module.release.holds(.r31) { vm.defects.insert(.metamethodsEnterThemselves) }
        if !module.release.holds(.r32) { vm.defects.insert(.classPropertiesHaveNoMessage) }
        if !module.release.holds(.r33) { vm.defects.insert(.generatorsHoldTheirCaller) }
        run.beforeStep = { [unowned self] in refreshConfigParams() }
    }

    /// A program that ends its line itself should not make an empty one.
    private static func line(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.last == 10 ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }

    func start() throws {
        guard let code else { throw trouble ?? ImpAPIError("no program") }
        try run.turn(.object(code))
    }

    func stop() { run.stop() }

    /// Bytes that `imp.getmemoryfree()` gives.
    var freeMemory: Int? { max(memoryForData - (vm.memoryUsed - memoryBefore), 0) }

    /// The `nv` table, if the program made one.
    var keptTable: SquirrelData? {
        guard let table = vm.root["nv"], table.objectValue?.kind == .table else { return nil }
        return try? vm.data(from: table)
    }

    /// The server fills `imp.configparams` when it is connected.
    private func refreshConfigParams() {
        let present = interface.imp.configParams
        guard present != shownParams else { return }
        // In an order of their own: a program's `foreach` sees the order in which entries were made.
        for key in shownParams.keys.sorted() where present[key] == nil { configParams[key] = nil }
        for (key, value) in present.sorted(by: { $0.key < $1.key }) {
            configParams[key] =
                switch value {
                case .bool(let bool): .bool(bool)
                case .text(let text): .text(text)
                }
        }
        shownParams = present
    }
}

/// What a bound object is made from.
struct DeviceContext {
    unowned let run: ScriptRun
    let interface: ImpInterface
    var vm: SquirrelVM { run.vm }
    var module: EmulatedModule { interface.machine.module }

    init(_ run: ScriptRun, _ interface: ImpInterface) {
        self.run = run
        self.interface = interface
    }
}

/// What the root table and `hardware` of a device hold besides the language's own names. A name that is not here
/// does not exist at Release 30: a program that uses it ends with "the index '…' does not exist".
enum DeviceNames {
    typealias Make = @Sendable (DeviceContext) -> SquirrelObject

    static let root: [(String, Make)] = [
        ("imp", ImpBinding.make), ("hardware", HardwareBinding.make), ("server", ServerBinding.make),
        ("agent", AgentLinkBinding.make),
    ]

    /// Objects in the `hardware` table, in files of their own.
    static let hardware: [@Sendable (DeviceContext) -> [(String, SquirrelObject)]] = [
        PinBinding.objects, UARTBinding.objects, I2CBinding.objects, SPIFlashBinding.objects,
        SPIBinding.objects, SampleBinding.objects, FixtureNames.objects,
    ]
}
