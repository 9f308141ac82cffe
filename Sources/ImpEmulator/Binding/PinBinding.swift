import Squirrel

/// `hardware.pinA` to `hardware.pinY`.
enum PinBinding {
    /// Arguments of `pin.configure` behind the mode.
    struct Arguments {
        var values: [SquirrelValue]
        var run: ScriptRun

        /// A function at `index`, as a callback.
        func callback(_ index: Int) -> (([SquirrelValue]) throws -> Void)? {
            guard index < values.count, let function = values[index].objectValue, function.kind == .function
            else { return nil }
            return run.callback(function)
        }

        /// A number at `index`.
        func number(_ index: Int) throws -> Double {
            guard index < values.count, let number = values[index].floatValue else {
                throw ImpAPIError("a number is missing in pin.configure")
            }
            return Double(number)
        }

        func isTruthy(_ index: Int) -> Bool { index < values.count && values[index].isTruthy }
    }

    typealias Configure = @Sendable (PinAPI, Arguments) throws -> Void

    /// What `configure` does for each mode constant; other files add theirs.
    static let modes: [String: Configure] = [
        "DIGITAL_IN": { try input($0, .digitalIn, $1) },
        "DIGITAL_IN_PULLUP": { try input($0, .digitalInPullUp, $1) },
        "DIGITAL_IN_PULLDOWN": { try input($0, .digitalInPullDown, $1) },
        "DIGITAL_IN_WAKEUP": { try input($0, .wakeup, $1) },
        "DIGITAL_OUT": { try $0.configure(.digitalOut(start: $1.isTruthy(0))) },
        "DIGITAL_OUT_OD": { try $0.configure(.openDrain(start: $1.isTruthy(0))) },
        "DIGITAL_OUT_OD_PULLUP": { try $0.configure(.openDrain(start: $1.isTruthy(0), pullUp: true)) },
        "ANALOG_IN": { pin, _ in try pin.configure(.analogIn) },
        "ANALOG_OUT": { pin, _ in try pin.configure(.analogOut) },
        "PWM_OUT": { try $0.configure(.pwmOut(period: try $1.number(0), duty: try $1.number(1))) },
        "PTPG_OUT_ACTIVE_HIGH": { try pulseOutput($0, activeHigh: true, $1) },
        "PTPG_OUT_ACTIVE_LOW": { try pulseOutput($0, activeHigh: false, $1) },
        "PULSE_COUNTER": { try $0.configure(.pulseCounter(seconds: try $1.number(0))) },
    ]

    /// Trigger pin, delay, period.
    private static func pulseOutput(_ pin: PinAPI, activeHigh: Bool, _ arguments: Arguments) throws {
        guard let trigger = arguments.values.first?.objectValue?.payload as? PinAPI else {
            throw ImpAPIError("the pulse generator needs a trigger pin")
        }
        try pin.configure(
            .pulseOut(
                activeHigh: activeHigh, trigger: trigger.name, delay: try arguments.number(1),
                period: try arguments.number(2)))
    }

    private static let modesByNumber: [Int32: Configure] = {
        var table: [Int32: Configure] = [:]
        for (name, configure) in modes {
            if case .integer(let number)? = DeviceConstants.all[name] { table[number] = configure }
        }
        return table
    }()

    private static func input(_ pin: PinAPI, _ mode: PinAPI.Mode, _ arguments: Arguments) throws {
        let callback = arguments.callback(0)
        try pin.configure(mode, onChange: callback.map { turn in { try turn([]) } })
    }

    /// A call on a pin: what it does is done at its beginning, and it takes its time.
    static func touch(
        _ run: ScriptRun, _ call: borrowing NativeCall, _ time: Duration,
        _ body: @escaping () throws -> SquirrelValue
    ) throws -> SquirrelValue {
        guard call.canSuspend else { return try body() }
        return try run.block(
            call,
            { [unowned run] resume in
                let value = try body()
                run.processor.wait(for: time) { try resume(.success(value)) }
            }, giving: { $0 })
    }

    /// The 23 pin objects.
    static func objects(_ context: DeviceContext) -> [(String, SquirrelObject)] {
        let (run, hardware) = (context.run, context.interface.hardware)
        let callTime = context.module.release.squirrel.pinCall
        let type = context.vm.makeClass(
            "pin",
            methods: [
                NativeMethod("configure", parameters: .atLeast(1), types: "xn") { [unowned run] call in
                    let pin = try call.payload(PinAPI.self)
                    let arguments = Arguments(values: (1..<max(call.count, 1)).map { call[$0] }, run: run)
                    guard let configure = modesByNumber[try call.integer(0)] else {
                        throw ImpAPIError("\(pin.name) does not support this mode")
                    }
                    return try touch(run, call, callTime) {
                        try configure(pin, arguments)
                        return .null
                    }
                },
                NativeMethod("read", parameters: .exactly(0)) { [unowned run] call in
                    let pin = try call.payload(PinAPI.self)
                    guard pin.countingTime == nil else {
                        return try run.block(call, { try pin.count(then: $0) }, giving: { SquirrelValue($0) })
                    }
                    return try touch(run, call, callTime) { SquirrelValue(pin.read()) }
                },
                NativeMethod("write", parameters: .exactly(1), types: "xn|b") { [unowned run] call in
                    let pin = try call.payload(PinAPI.self)
                    let value: Double =
                        if case .bool(let bool) = call[0] { bool ? 1 : 0 } else { try call.number(0) }
                    return try touch(run, call, callTime) {
                        try pin.write(value)
                        return .null
                    }
                },
                NativeMethod("getdelay", parameters: .exactly(0)) { call in
                    SquirrelValue(try call.payload(PinAPI.self).getDelay())
                },
                NativeMethod("getperiod", parameters: .exactly(0)) { call in
                    SquirrelValue(try call.payload(PinAPI.self).getPeriod())
                },
            ])
        return PinName.allCases.compactMap { name in
            (try? context.vm.makeInstance(of: type, payload: hardware.pin(name))).map {
                ("pin\(name.rawValue)", $0)
            }
        }
    }
}
