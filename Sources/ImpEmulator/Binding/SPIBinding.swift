import Squirrel

extension DeviceConstants {
    /// Published.
    static let spi: [String: Int32] = [
        "SIMPLEX_RX": 1, "SIMPLEX_TX": 2, "CLOCK_IDLE_LOW": 0, "CLOCK_IDLE_HIGH": 4, "CLOCK_2ND_EDGE": 8,
        "MSB_FIRST": 0, "LSB_FIRST": 16, "NO_SCLK": 32,
    ]
}

/// `hardware.spiEBCA` and `hardware.spiLGDK`.
enum SPIBinding {
    static func objects(_ context: DeviceContext) -> [(String, SquirrelObject)] {
        let type = context.vm.makeClass("spi", methods: setUp(context.run) + transfers(context.run))
        return SPIName.allCases.compactMap { name in
            (try? context.vm.makeInstance(of: type, payload: context.interface.hardware.spi(name))).map {
                ("spi\(name.rawValue)", $0)
            }
        }
    }

    private static func setUp(_ run: ScriptRun) -> [NativeMethod] {
        [
            NativeMethod("configure", parameters: .exactly(2), types: "xnn") { [unowned run] call in
                let bus = try call.payload(SPIAPI.self)
                let (flags, rate) = (Int(try call.integer(0)), Int(try call.integer(1)))
                return try run.settle(call) {
                    SquirrelValue(try bus.configure(SPIAPI.Flags(rawValue: flags), kilohertz: rate))
                }
            },
            NativeMethod("disable", parameters: .exactly(0)) { [unowned run] call in
                let bus = try call.payload(SPIAPI.self)
                return try run.settle(call) {
                    bus.disable()
                    return .null
                }
            },
        ]
    }

    private static func transfers(_ run: ScriptRun) -> [NativeMethod] {
        [
            NativeMethod("write", parameters: .exactly(1), types: "xs|x|i") { [unowned run] call in
                let (bus, bytes) = (try call.payload(SPIAPI.self), try bytesToSend(call, 0))
                return try run.block(call) { try bus.write(bytes, then: $0) }
            },
            // As much as was given comes back, in the same type.
            NativeMethod("writeread", parameters: .exactly(1), types: "xs|x") { [unowned run] call in
                let (bus, bytes) = (try call.payload(SPIAPI.self), try bytesToSend(call, 0))
                let isText = call[0].stringValue != nil
                return try run.block(
                    call, { try bus.writeRead(bytes, then: $0) },
                    giving: { [unowned run] in
                        isText ? .string(SquirrelString($0)) : .object(run.vm.makeBlob($0))
                    })
            },
            NativeMethod("readblob", parameters: .exactly(1), types: "xn") { [unowned run] call in
                let (bus, count) = (try call.payload(SPIAPI.self), Int(try call.integer(0)))
                return try run.block(
                    call, { try bus.read(count, then: $0) },
                    giving: { [unowned run] in .object(run.vm.makeBlob($0)) })
            },
            NativeMethod("readstring", parameters: .exactly(1), types: "xn") { [unowned run] call in
                let (bus, count) = (try call.payload(SPIAPI.self), Int(try call.integer(0)))
                return try run.block(
                    call, { try bus.read(count, then: $0) }, giving: { .string(SquirrelString($0)) })
            },
        ]
    }
}
