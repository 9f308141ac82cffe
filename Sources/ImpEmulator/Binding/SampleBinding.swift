import Squirrel

extension DeviceConstants {
    /// Choices.
    static let samples: [String: Int32] = [
        "A_LAW_DECOMPRESS": 1, "AUDIO": 2, "A_LAW_COMPRESS": 4, "NORMALISE": 8,
    ]
}

/// `hardware.sampler` and `hardware.fixedfrequencydac`.
enum SampleBinding {
    static func objects(_ context: DeviceContext) -> [(String, SquirrelObject)] {
        [
            ("sampler", context.vm.makeTable(functions: sampler(context))),
            ("fixedfrequencydac", context.vm.makeTable(functions: player(context))),
        ]
    }

    /// A blob of the program as the sampler's buffer.
    private final class BlobBuffer: SamplerAPI.Buffer {
        let blob: SquirrelObject
        var count: Int { blob.count }

        init(_ blob: SquirrelObject) {
            self.blob = blob
        }

        func fill(with bytes: [UInt8]) {
            _ = blob.withBytes { target in
                for (index, byte) in bytes.prefix(target.count).enumerated() { target[index] = byte }
            }
        }
    }

    private static func pins(_ value: SquirrelValue) throws -> [PinName] {
        let values = value.objectValue?.kind == .array ? value.objectValue?.elements ?? [] : [value]
        return try values.map { value in
            guard let pin = value.objectValue?.payload as? PinAPI else {
                throw ImpAPIError("a pin object was expected")
            }
            return pin.name
        }
    }

    private static func blobs(_ call: borrowing NativeCall, _ index: Int) throws -> [SquirrelObject] {
        try call.array(index).elements.map { value in
            guard let blob = value.objectValue, blob.isBlob else {
                throw ImpAPIError("a blob was expected")
            }
            return blob
        }
    }

    private static func sampler(_ context: DeviceContext) -> [NativeMethod] {
        let (run, sampler) = (context.run, context.interface.hardware.sampler)
        return [
            NativeMethod("configure", parameters: .atLeast(4), types: ".x|anacn") { [unowned run] call in
                let (pins, rate) = (try pins(call[0]), try call.number(1))
                let buffers = try blobs(call, 2).map(BlobBuffer.init)
                let turn = run.callback(try call.function(3))
                let flags = SamplerAPI.Flags(rawValue: try call.integer(4, absent: 0))
                return try run.settle(call) {
                    try sampler.configure(pins, hertz: rate, buffers: buffers, flags: flags) {
                        buffer, length in
                        let blob = (buffer as? BlobBuffer)?.blob
                        try turn([blob.map { .object($0) } ?? .null, SquirrelValue(length)])
                    }
                    return .null
                }
            },
            NativeMethod("start", parameters: .exactly(0)) { [unowned run] call in
                try run.settle(call) {
                    try sampler.start()
                    return .null
                }
            },
            NativeMethod("stop", parameters: .exactly(0)) { [unowned run] call in
                try run.settle(call) {
                    sampler.stop()
                    return .null
                }
            },
            NativeMethod("reset", parameters: .exactly(0)) { [unowned run] call in
                try run.settle(call) {
                    sampler.reset()
                    return .null
                }
            },
        ]
    }

    private static func player(_ context: DeviceContext) -> [NativeMethod] {
        let (run, player) = (context.run, context.interface.hardware.fixedFrequencyDAC)
        return [
            NativeMethod("configure", parameters: .atLeast(4), types: ".xnacn") { [unowned run] call in
                guard let pin = try pins(call[0]).first else {
                    throw ImpAPIError("a pin object was expected")
                }
                let rate = Int(try call.integer(1))
                let buffers = try blobs(call, 2).map {
                    FixedFrequencyDACAPI.Buffer(bytes: $0.bytes, token: $0)
                }
                let turn = run.callback(try call.function(3))
                let flags = FixedFrequencyDACAPI.Flags(rawValue: try call.integer(4, absent: 0))
                return try run.settle(call) {
                    try player.configure(pin, hertz: rate, buffers: buffers, flags: flags) { buffer in
                        try turn([(buffer?.token as? SquirrelObject).map { .object($0) } ?? .null])
                    }
                    return .null
                }
            },
            NativeMethod("addbuffer", parameters: .exactly(1), types: ".x") { [unowned run] call in
                let blob = try call.blob(0)
                return try run.settle(call) {
                    try player.addBuffer(.init(bytes: blob.bytes, token: blob))
                    return .null
                }
            },
            NativeMethod("start", parameters: .exactly(0)) { [unowned run] call in
                try run.settle(call) {
                    try player.start()
                    return .null
                }
            },
            NativeMethod("stop", parameters: .exactly(0)) { [unowned run] call in
                try run.settle(call) {
                    player.stop()
                    return .null
                }
            },
        ]
    }
}
