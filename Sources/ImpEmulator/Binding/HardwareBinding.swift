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
        return table
    }
}
