import Squirrel

/// The five serial ports, `hardware.uartFG` to `hardware.uartDM`.
enum UARTBinding {
    static func objects(_ context: DeviceContext) -> [(String, SquirrelObject)] {
        let type = context.vm.makeClass(
            "uart", methods: setUp(context) + receiving(context) + text(context) + sending(context))
        return UARTName.allCases.compactMap { name in
            (try? context.vm.makeInstance(of: type, payload: context.interface.hardware.uart(name))).map {
                ("uart\(name.rawValue)", $0)
            }
        }
    }

    private static func flag(_ flags: Int, _ name: String) -> Bool {
        flags & Int(DeviceConstants.uart[name] ?? 0) != 0
    }

    private static func setUp(_ context: DeviceContext) -> [NativeMethod] {
        let (run, callTime) = (context.run, context.module.release.squirrel.pinCall)
        return [
            NativeMethod("configure", parameters: .atLeast(5), types: "xnnnnnc|o") { [unowned run] call in
                let uart = try call.payload(UARTAPI.self)
                let flags = Int(try call.integer(4))
                var settings = UARTAPI.Settings(
                    baud: Int(try call.integer(0)), flowControl: !flag(flags, "NO_CTSRTS"))
                settings.wordSize = Int(try call.integer(1))
                guard let parity = SerialParity(rawValue: Int(try call.integer(2))) else {
                    throw ImpAPIError("bad format in uart.configure")
                }
                settings.parity = parity
                settings.stopBits = Int(try call.integer(3))
                settings.receives = !flag(flags, "NO_RX")
                settings.sends = !flag(flags, "NO_TX")
                let withFlags = flag(flags, "CALLBACK_WITH_FLAGS")
                let turn = try call.optionalFunction(5).map(run.callback)
                return try PinBinding.touch(run, call, callTime) {
                    SquirrelValue(
                        try uart.configure(
                            settings,
                            callback: turn.map { turn in
                                { try turn(withFlags ? [SquirrelValue($0.rawValue)] : []) }
                            }))
                }
            },
            NativeMethod("disable", parameters: .exactly(0)) { [unowned run] call in
                let uart = try call.payload(UARTAPI.self)
                return try run.settle(call) {
                    uart.disable()
                    return .null
                }
            },
            NativeMethod("setrxfifosize", parameters: .exactly(1), types: "xn") { call in
                try call.payload(UARTAPI.self).setReceiveFIFOSize(Int(try call.integer(0)))
                return .null
            },
            NativeMethod("settxfifosize", parameters: .exactly(1), types: "xn") { call in
                try call.payload(UARTAPI.self).setTransmitFIFOSize(Int(try call.integer(0)))
                return .null
            },
        ]
    }

    private static func receiving(_ context: DeviceContext) -> [NativeMethod] {
        let run = context.run
        return [
            NativeMethod("read", parameters: .exactly(0)) { [unowned run] call in
                let uart = try call.payload(UARTAPI.self)
                return try run.settle(call) { SquirrelValue(uart.read()) }
            },
            NativeMethod("readblob", types: "xn") { [unowned run] call in
                let (uart, count) = (try call.payload(UARTAPI.self), try call.integer(0, absent: 80))
                return try run.settle(call) { [unowned run] in
                    .object(run.vm.makeBlob(uart.readBytes(count)))
                }
            },
            NativeMethod("flags", parameters: .exactly(0)) { [unowned run] call in
                let uart = try call.payload(UARTAPI.self)
                return try run.settle(call) { SquirrelValue(uart.flags().rawValue) }
            },
        ]
    }

    /// Absent when N10 is broken.
    private static func text(_ context: DeviceContext) -> [NativeMethod] {
        guard context.module.release.holds(.n10) else { return [] }
        let run = context.run
        return [
            NativeMethod("readstring", types: "xn") { [unowned run] call in
                let (uart, count) = (try call.payload(UARTAPI.self), try call.integer(0, absent: 80))
                return try run.settle(call) { .string(SquirrelString(uart.readBytes(count))) }
            }
        ]
    }

    private static func sending(_ context: DeviceContext) -> [NativeMethod] {
        let run = context.run
        return [
            NativeMethod("write", parameters: .exactly(1), types: "xi|s|x") { [unowned run] call in
                let (uart, bytes) = (try call.payload(UARTAPI.self), try bytesToSend(call, 0))
                return try run.block(call) { try uart.write(bytes, then: $0) }
            },
            NativeMethod("flush", parameters: .exactly(0)) { [unowned run] call in
                let uart = try call.payload(UARTAPI.self)
                return try run.block(call) { try uart.flush(then: $0) }
            },
        ]
    }
}
