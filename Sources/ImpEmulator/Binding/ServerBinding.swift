import Squirrel

/// The `server` object for Squirrel, device side.
enum ServerBinding {
    static func make(_ context: DeviceContext) -> SquirrelObject {
        context.vm.makeTable(
            functions: log(context) + blessing(context) + connection(context) + sleep(context))
    }

    private static func log(_ context: DeviceContext) -> [NativeMethod] {
        func method(_ name: String, prefix: String) -> NativeMethod {
            let (run, server) = (context.run, context.interface.server)
            return NativeMethod(name, parameters: .exactly(1)) { [unowned run] call in
                let text = prefix + (try loggedText(call[0], run))
                // Waiting is the exception: the line fits into the send buffer, or there is no server to wait for.
                if let result = server.logAtOnce(text) { return SquirrelValue(result) }
                return try run.block(call, { try server.log(text, then: $0) }, giving: { SquirrelValue($0) })
            }
        }
        return [method("log", prefix: ""), method("error", prefix: "ERROR: ")]
    }

    /// A value's text; for an exception that was caught, with the place where it was raised (R13).
    private static func loggedText(_ value: SquirrelValue, _ run: ScriptRun) throws -> String {
        let text = try run.vm.describe(value).text
        guard run.logsOrigins, let frame = run.vm.origin(ofException: value), frame.line > 0 else {
            return text
        }
        let origin = run.program.origin(ofLine: frame.line)
        return "\(text) (\(frame.function) \(origin.file):\(origin.line))"
    }

    private static func blessing(_ context: DeviceContext) -> [NativeMethod] {
        let (run, server) = (context.run, context.interface.server)
        return [
            NativeMethod("bless", parameters: .exactly(2), types: ".bc") { [unowned run] call in
                let turn = run.callback(try call.function(1))
                try server.bless(call.bool(0)) { try turn([.bool($0)]) }
                return .null
            },
            NativeMethod("factoryblinkup", parameters: .exactly(4), types: ".ssxn") { [unowned run] call in
                let (ssid, password) = (try call.text(0), try call.text(1))
                guard let pin = call[2].objectValue?.payload as? PinAPI else {
                    throw ImpAPIError("bad pin in server.factoryblinkup(SSID, password, pin, flags)")
                }
                let flags = ServerAPI.BlinkUpFlags(rawValue: Int(try call.integer(3)))
                return try run.settle(call) {
                    try server.factoryBlinkUp(ssid: ssid, password: password, pin: pin.name, flags: flags)
                    return .null
                }
            },
        ]
    }

    private static func connection(_ context: DeviceContext) -> [NativeMethod] {
        let (run, server) = (context.run, context.interface.server)
        return [
            NativeMethod("isconnected", parameters: .exactly(0)) { _ in .bool(server.isConnected()) },
            NativeMethod("connect", types: ".c|on") { [unowned run] call in
                let timeout = call.count > 1 ? try call.number(1) : nil
                // SUSPEND_ON_ERROR waits, whatever the arguments.
                guard let function = try call.optionalFunction(0), !server.connectsByWaiting else {
                    return try run.block(call) { try server.connectAndWait(then: $0) }
                }
                let turn = run.callback(function)
                let told: (Int) throws -> Void = { try turn([SquirrelValue($0)]) }
                if let timeout {
                    try server.connect(timeout: timeout, callback: told)
                } else {
                    try server.connect(callback: told)
                }
                return .null
            },
            NativeMethod("disconnect", parameters: .exactly(0)) { _ in
                server.disconnect()
                return .null
            },
            NativeMethod("flush", parameters: .exactly(1), types: ".n") { [unowned run] call in
                let timeout = try call.number(0)
                return try run.block(
                    call, { try server.flush(timeout, then: $0) }, giving: { .bool($0) })
            },
            NativeMethod("onunexpecteddisconnect", parameters: .exactly(1), types: ".c|o") {
                [unowned run] call in
                let turn = try call.optionalFunction(0).map(run.callback)
                server.onUnexpectedDisconnect(turn.map { turn in { try turn([SquirrelValue($0)]) } })
                return .null
            },
            NativeMethod("setsendtimeoutpolicy", parameters: .exactly(3), types: ".nnn") { call in
                guard let policy = SquirrelMachine.SendPolicy(rawValue: Int(try call.integer(0))),
                    let wait = SquirrelMachine.SendWait(rawValue: Int(try call.integer(1)))
                else {
                    throw ImpAPIError("bad policy in server.setsendtimeoutpolicy(policy, waitFor, timeout)")
                }
                server.setSendTimeoutPolicy(policy, wait: wait, timeout: try call.number(2))
                return .null
            },
            NativeMethod("expectonlinein", parameters: .exactly(1), types: ".n") { [unowned run] call in
                let seconds = try call.number(0)
                return try run.block(
                    call, { try server.expectOnline(in: seconds, then: $0) }, giving: { SquirrelValue($0) })
            },
            NativeMethod("expectonlineat", parameters: .atLeast(2), types: ".nnnn") { [unowned run] call in
                let time = try timeOfDay(call)
                return try run.block(
                    call, { try server.expectOnline(in: server.seconds(until: time), then: $0) },
                    giving: { SquirrelValue($0) })
            },
        ]
    }

    /// Hour, minute and, if given, second and day of the week.
    private static func timeOfDay(_ call: borrowing NativeCall) throws -> ServerAPI.WakeTime {
        ServerAPI.WakeTime(
            hour: Int(try call.integer(0)), minute: Int(try call.integer(1)),
            second: try call.integer(2, absent: 0), weekday: call.count > 3 ? Int(try call.integer(3)) : nil)
    }

    /// Deep sleep that takes its leave from the server first.
    private static func sleep(_ context: DeviceContext) -> [NativeMethod] {
        let (run, server) = (context.run, context.interface.server)
        return [
            NativeMethod("sleepfor", parameters: .exactly(1), types: ".n") { [unowned run] call in
                let seconds = try call.number(0)
                return try run.block(call) { (_: @escaping Resume<Void>) in try server.sleepFor(seconds) }
            },
            NativeMethod("sleepuntil", parameters: .atLeast(2), types: ".nnnn") { [unowned run] call in
                let time = try timeOfDay(call)
                return try run.block(call) { (_: @escaping Resume<Void>) in
                    try server.sleepFor(server.seconds(until: time))
                }
            },
        ]
    }
}
