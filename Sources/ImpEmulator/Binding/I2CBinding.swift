import Squirrel

/// `hardware.i2cFG` and `hardware.i2cAB`.
enum I2CBinding {
    static func objects(_ context: DeviceContext) -> [(String, SquirrelObject)] {
        let run = context.run
        let type = context.vm.makeClass(
            "i2c",
            methods: [
                NativeMethod("configure", parameters: .exactly(1), types: "xn") { [unowned run] call in
                    let (bus, speed) = (try call.payload(I2CAPI.self), Int(try call.integer(0)))
                    return try run.settle(call) {
                        try bus.configure(kilohertz: speed)
                        return .null
                    }
                },
                NativeMethod("disable", parameters: .exactly(0)) { [unowned run] call in
                    let bus = try call.payload(I2CAPI.self)
                    return try run.settle(call) {
                        bus.disable()
                        return .null
                    }
                },
                NativeMethod("read", parameters: .exactly(3), types: "xnsn") { [unowned run] call in
                    let (bus, address) = (
                        try call.payload(I2CAPI.self), UInt8(truncatingIfNeeded: try call.integer(0))
                    )
                    let (subaddress, count) = (try call.bytes(1), Int(try call.integer(2)))
                    return try run.block(
                        call,
                        { resume in
                            try bus.read(
                                address8: address, subaddress: subaddress, count: count, then: resume)
                        }, giving: { $0.map { .string(SquirrelString($0)) } ?? .null })
                },
                NativeMethod("write", parameters: .exactly(2), types: "xns|x") { [unowned run] call in
                    let (bus, address) = (
                        try call.payload(I2CAPI.self), UInt8(truncatingIfNeeded: try call.integer(0))
                    )
                    let bytes = try call.bytes(1)
                    return try run.block(
                        call,
                        { resume in try bus.write(address8: address, bytes, then: resume) },
                        giving: { SquirrelValue($0) })
                },
                NativeMethod("readerror", parameters: .exactly(0)) { call in
                    SquirrelValue(try call.payload(I2CAPI.self).readError())
                },
            ])
        return I2CName.allCases.compactMap { name in
            (try? context.vm.makeInstance(of: type, payload: context.interface.hardware.i2c(name))).map {
                ("i2c\(name.rawValue)", $0)
            }
        }
    }
}
