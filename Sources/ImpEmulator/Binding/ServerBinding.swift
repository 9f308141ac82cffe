import Squirrel

/// The `server` object for Squirrel, device side.
enum ServerBinding {
    static func make(_ context: DeviceContext) -> SquirrelObject {
        context.vm.makeTable(
            functions: log(context) + blessing(context) + connection(context) + sleep(context))
    }

    private static func log(_ context: DeviceContext) -> [NativeMethod] {
        let (run, server) = (context.run, context.interface.server)
        return [
            NativeMethod("log", parameters: .exactly(1)) { [unowned run] call in
                server.log(try loggedText(call[0], run))
                return .null
            },
            NativeMethod("error", parameters: .exactly(1)) { [unowned run] call in
                server.error(try loggedText(call[0], run))
                return .null
            },
        ]
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
            NativeMethod("factoryblinkup", parameters: .exactly(4), types: ".ssxn") { _ in
                try server.factoryBlinkUp()
                return .null
            },
        ]
    }

    private static func connection(_ context: DeviceContext) -> [NativeMethod] {
        let (run, server) = (context.run, context.interface.server)
        return [
            NativeMethod("isconnected", parameters: .exactly(0)) { _ in .bool(server.isConnected()) },
            NativeMethod("connect", types: ".c|on") { [unowned run] call in
                let timeout = call.count > 1 ? try call.number(1) : nil
                guard let function = try call.optionalFunction(0) else {
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
                    call, { try server.flush(timeout, then: $0) }, giving: { SquirrelValue($0) })
            },
            NativeMethod("onunexpecteddisconnect", parameters: .exactly(1), types: ".c|o") {
                [unowned run] call in
                let turn = try call.optionalFunction(0).map(run.callback)
                server.onUnexpectedDisconnect(turn.map { turn in { try turn([SquirrelValue($0)]) } })
                return .null
            },
            NativeMethod("setsendtimeoutpolicy", parameters: .exactly(3), types: ".nnn") { call in
                guard let policy = SquirrelMachine.SendPolicy(rawValue: Int(try call.integer(0))) else {
                    throw SquirrelError("bad policy in server.setsendtimeoutpolicy(policy, waitFor, timeout)")
                }
                server.setSendTimeoutPolicy(policy)
                return .null
            },
            NativeMethod("expectonlinein", parameters: .exactly(1), types: ".n") { _ in .null },
            NativeMethod("expectonlineat", parameters: .exactly(3), types: ".nnn") { _ in .null },
        ]
    }

    /// Deep sleep that takes its leave from the server first.
    private static func sleep(_ context: DeviceContext) -> [NativeMethod] {
        let (run, server, imp) = (context.run, context.interface.server, context.interface.imp)
        return [
            NativeMethod("sleepfor", parameters: .exactly(1), types: ".n") { [unowned run] call in
                let seconds = try call.number(0)
                return try run.block(call) { (_: @escaping Resume<Void>) in
                    server.disconnect()
                    try imp.deepSleepFor(seconds)
                }
            },
            NativeMethod("sleepuntil", parameters: .exactly(3), types: ".nnn") { [unowned run] call in
                let (hour, minute, second) =
                    (Int(try call.integer(0)), Int(try call.integer(1)), Int(try call.integer(2)))
                return try run.block(call) { (_: @escaping Resume<Void>) in
                    server.disconnect()
                    try imp.deepSleepUntil(hour: hour, minute: minute, second: second)
                }
            },
        ]
    }
}
