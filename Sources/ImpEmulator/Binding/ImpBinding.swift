import Squirrel

/// The `imp` object for Squirrel, device side.
enum ImpBinding {
    static func make(_ context: DeviceContext) -> SquirrelObject {
        let groups = [
            settings(context), network(context), identity(context), time(context), sleep(context),
        ]
        return context.vm.makeTable(functions: groups.flatMap { $0 })
    }

    private static func settings(_ context: DeviceContext) -> [NativeMethod] {
        let (run, imp) = (context.run, context.interface.imp)
        return [
            NativeMethod("setcountry", parameters: .exactly(1), types: ".n") { [unowned run] call in
                let code = try call.integer(0)
                return try run.block(call) { try imp.setCountry(code, then: $0) }
            },
            NativeMethod("getcountry", parameters: .exactly(0)) { _ in .text(imp.getCountry()) },
            NativeMethod("setnvramimage", parameters: .exactly(1), types: ".s|x") { [unowned run] call in
                let settings = try call.bytes(0)
                return try run.block(
                    call, { try imp.setNVRAMImage(settings, then: $0) }, giving: { .text($0) })
            },
            NativeMethod("clearconfiguration", parameters: .exactly(0)) { [unowned run] call in
                try run.block(call) { try imp.clearConfiguration(then: $0) }
            },
            NativeMethod("setwificonfiguration", parameters: .exactly(2), types: ".ss") {
                [unowned run] call in
                let (ssid, password) = (try call.text(0), try call.text(1))
                return try run.block(call) {
                    try imp.setWiFiConfiguration(ssid: ssid, password: password, then: $0)
                }
            },
            NativeMethod("setenroltokens", parameters: .exactly(2), types: ".ss") { [unowned run] call in
                let (plan, token) = (try call.text(0), try call.text(1))
                return try run.block(call) { try imp.setEnrolTokens(planID: plan, token: token, then: $0) }
            },
            NativeMethod("enableblinkup", parameters: .exactly(1), types: ".b") { call in
                imp.enableBlinkUp(call.bool(0))
                return .null
            },
        ]
    }

    private static func network(_ context: DeviceContext) -> [NativeMethod] {
        let (run, imp) = (context.run, context.interface.imp)
        return [
            NativeMethod("scanwifinetworks") { [unowned run] call in
                guard let callback = try call.optionalFunction(0) else {
                    return try run.block(
                        call, { try imp.scanWiFiNetworks(then: $0) },
                        giving: { [unowned run] in list($0, run.vm) })
                }
                let turn = run.callback(callback)
                try imp.beginWiFiScan { [unowned run] in try turn([list($0, run.vm)]) }
                return .null
            },
            NativeMethod("rssi", parameters: .exactly(0)) { _ in SquirrelValue(imp.rssi()) },
            NativeMethod("getrssi", parameters: .exactly(0)) { _ in SquirrelValue(imp.rssi()) },
            NativeMethod("getssid", parameters: .exactly(0)) { _ in .text(imp.getSSID()) },
            NativeMethod("getbssid", parameters: .exactly(0)) { _ in .text(imp.getBSSID()) },
            NativeMethod("getchannel", parameters: .exactly(0)) { _ in SquirrelValue(imp.getChannel()) },
            NativeMethod("setpowersave", parameters: .exactly(1), types: ".b") { call in
                imp.setPowerSave(call.bool(0))
                return .null
            },
            NativeMethod("getpowersave", parameters: .exactly(0)) { _ in .bool(imp.getPowerSave()) },
        ]
    }

    /// The result of a scan as the program gets it.
    private static func list(_ networks: [ScanResult], _ vm: SquirrelVM) -> SquirrelValue {
        .object(
            vm.makeArray(
                networks.map { network in
                    .object(
                        vm.makeTable([
                            ("ssid", .string(SquirrelString(Array(network.ssid.utf8)))),
                            ("bssid", .text(network.bssid)), ("channel", SquirrelValue(network.channel)),
                            ("rssi", SquirrelValue(network.rssi)), ("open", .bool(network.open)),
                        ]))
                }))
    }

    private static func identity(_ context: DeviceContext) -> [NativeMethod] {
        let imp = context.interface.imp
        return [
            NativeMethod("getmacaddress", parameters: .exactly(0)) { _ in .text(imp.getMACAddress()) },
            NativeMethod("getsoftwareversion", parameters: .exactly(0)) { _ in .text(imp.getSoftwareVersion())
            },
            NativeMethod("getmemoryfree", parameters: .exactly(0)) { _ in SquirrelValue(imp.getMemoryFree())
            },
            NativeMethod("environment", parameters: .exactly(0)) { _ in
                .integer(DeviceConstants.configuration["ENVIRONMENT_MODULE"] ?? 0)
            },
        ]
    }

    private static func time(_ context: DeviceContext) -> [NativeMethod] {
        let (run, imp) = (context.run, context.interface.imp)
        let timer = context.vm.makeClass("timer", methods: [])
        return [
            NativeMethod("wakeup", parameters: .exactly(2), types: ".nc") { [unowned run] call in
                let turn = run.callback(try call.function(1))
                // A timer counts from the instruction that sets it, not from the beginning of its turn.
                let due = try call.number(0) + run.unpaid.inSeconds
                let handle = TimerHandle(imp.wakeup(after: due) { try turn([]) })
                return .object(try run.vm.makeInstance(of: timer, payload: handle))
            },
            NativeMethod("cancelwakeup", parameters: .exactly(1), types: ".x|o") { call in
                if let handle = call[0].objectValue?.payload as? TimerHandle {
                    imp.cancelWakeup(handle.timer)
                }
                return .null
            },
            NativeMethod("sleep", parameters: .exactly(1), types: ".n") { [unowned run] call in
                let seconds = try call.number(0)
                return try run.block(call) { imp.sleep(seconds, then: $0) }
            },
            NativeMethod("onidle", parameters: .exactly(1), types: ".c|o") { [unowned run] call in
                guard let function = try call.optionalFunction(0) else { return .null }
                let turn = run.callback(function)
                imp.onIdle { try turn([]) }
                return .null
            },
        ]
    }

    private final class TimerHandle {
        let timer: WakeupTimer

        init(_ timer: WakeupTimer) {
            self.timer = timer
        }
    }

    private static func sleep(_ context: DeviceContext) -> [NativeMethod] {
        let (run, imp) = (context.run, context.interface.imp)
        return [
            NativeMethod("deepsleepfor", parameters: .exactly(1), types: ".n") { [unowned run] call in
                let seconds = try call.number(0)
                return try run.block(call) { (_: @escaping Resume<Void>) in try imp.deepSleepFor(seconds) }
            },
            NativeMethod("deepsleepuntil", parameters: .exactly(3), types: ".nnn") { [unowned run] call in
                let (hour, minute, second) =
                    (Int(try call.integer(0)), Int(try call.integer(1)), Int(try call.integer(2)))
                return try run.block(call) { (_: @escaping Resume<Void>) in
                    try imp.deepSleepUntil(hour: hour, minute: minute, second: second)
                }
            },
        ]
    }
}
