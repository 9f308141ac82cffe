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
        "ANALOG_IN": { pin, _ in try pin.configure(.analogIn) },
        "ANALOG_OUT": { pin, _ in try pin.configure(.analogOut) },
    ]

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

    /// The 23 pin objects.
    static func objects(_ context: DeviceContext) -> [(String, SquirrelObject)] {
        let (run, hardware) = (context.run, context.interface.hardware)
        let type = context.vm.makeClass(
            "pin",
            methods: [
                NativeMethod("configure", parameters: .atLeast(1), types: "xn") { [unowned run] call in
                    let pin = try call.payload(PinAPI.self)
                    let arguments = Arguments(values: (1..<max(call.count, 1)).map { call[$0] }, run: run)
                    guard let configure = modesByNumber[try call.integer(0)] else {
                        throw SquirrelError("\(pin.name) does not support this mode")
                    }
                    return try run.settle(call) {
                        try configure(pin, arguments)
                        return .null
                    }
                },
                NativeMethod("read", parameters: .exactly(0)) { [unowned run] call in
                    let pin = try call.payload(PinAPI.self)
                    return try run.settle(call) { pin.squirrelReading }
                },
                NativeMethod("write", parameters: .exactly(1), types: "xn|b") { [unowned run] call in
                    let pin = try call.payload(PinAPI.self)
                    let value: Double =
                        if case .bool(let bool) = call[0] { bool ? 1 : 0 } else { try call.number(0) }
                    return try run.settle(call) {
                        try pin.write(value)
                        return .null
                    }
                },
            ])
        return PinName.allCases.compactMap { name in
            (try? context.vm.makeInstance(of: type, payload: hardware.pin(name))).map {
                ("pin\(name.rawValue)", $0)
            }
        }
    }
}

extension PinAPI {
    /// What `pin.read()` gives: an integer in all modes of this release's documentation.
    var squirrelReading: SquirrelValue { SquirrelValue(read()) }
}
