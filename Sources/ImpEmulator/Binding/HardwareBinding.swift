import Squirrel

/// The `hardware` table for Squirrel: its own functions, and the objects of `DeviceNames.hardware`.
enum HardwareBinding {
    static func make(_ context: DeviceContext) -> SquirrelObject {
        let (run, hardware) = (context.run, context.interface.hardware)
        let table = context.vm.makeTable(functions: [
            NativeMethod("getdeviceid", parameters: .exactly(0)) { _ in .text(hardware.getDeviceID()) },
            NativeMethod("wakereason", parameters: .exactly(0)) { _ in SquirrelValue(hardware.wakeReason()) },
            NativeMethod("voltage", parameters: .exactly(0)) { _ in SquirrelValue(hardware.voltage()) },
            NativeMethod("lightlevel", parameters: .exactly(0)) { [unowned run] call in
                try run.settle(call) { SquirrelValue(hardware.lightLevel()) }
            },
            NativeMethod("micros", parameters: .exactly(0)) { _ in .integer(hardware.micros()) },
            NativeMethod("millis", parameters: .exactly(0)) { _ in .integer(hardware.millis()) },
        ])
        for objects in DeviceNames.hardware {
            for (name, object) in objects(context) { table[name] = .object(object) }
        }
        breakNames(of: table, context.module)
        return table
    }

    /// What is missing when rows about names are broken.
    private static func breakNames(of table: SquirrelObject, _ module: EmulatedModule) {
        let release = module.release
        if !release.holds(.n1) {
            for name in ["uartUVGD", "uartWJ", "uartDM", "i2cFG"] { table[name] = nil }
        }
        if !release.holds(.n2) { table["pinY"] = nil }
        guard !release.holds(.n3), let flash = table["spiflash"] else { return }
        table["spiflash"] = nil
        module.later(.seconds(1)) { table["spiflash"] = flash }
    }
}
