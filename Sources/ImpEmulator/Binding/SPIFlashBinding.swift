import Squirrel

/// `hardware.spiflash` (N3).
enum SPIFlashBinding {
    static func objects(_ context: DeviceContext) -> [(String, SquirrelObject)] {
        let (run, flash) = (context.run, context.interface.hardware.spiFlash)
        let methods = [
            NativeMethod("enable", parameters: .exactly(0)) { _ in
                flash.enable()
                return .null
            },
            NativeMethod("disable", parameters: .exactly(0)) { _ in
                flash.disable()
                return .null
            },
            NativeMethod("size", parameters: .exactly(0)) { _ in SquirrelValue(try flash.size()) },
            NativeMethod("chipid", parameters: .exactly(0)) { [unowned run] call in
                try run.settle(call) { SquirrelValue(try flash.chipID()) }
            },
            NativeMethod("read", parameters: .exactly(2), types: ".nn") { [unowned run] call in
                let (address, count) = (Int(try call.integer(0)), Int(try call.integer(1)))
                return try run.block(
                    call, { try flash.read(address, count, then: $0) },
                    giving: { [unowned run] in .object(run.vm.makeBlob($0)) })
            },
            NativeMethod("readintoblob", parameters: .exactly(3), types: ".nxn") { [unowned run] call in
                let (address, blob, count) = (
                    Int(try call.integer(0)), try call.blob(1), Int(try call.integer(2))
                )
                return try run.block(
                    call, { try flash.read(address, count, then: $0) },
                    giving: {
                        write($0, into: blob)
                        return .null
                    })
            },
            NativeMethod("write", parameters: .atLeast(2), types: ".nxnnn") { [unowned run] call in
                let address = Int(try call.integer(0))
                let bytes = try call.blob(1).bytes
                let flags = SPIFlashAPI.WriteFlags(rawValue: try call.integer(2, absent: 0))
                let (start, end) = (try call.integer(3, absent: 0), try call.integer(4, absent: bytes.count))
                guard start >= 0, start <= end, end <= bytes.count else {
                    throw ImpAPIError("index out of range in hardware.spiflash.write")
                }
                return try run.block(
                    call, { try flash.write(address, Array(bytes[start..<end]), flags, then: $0) },
                    giving: { SquirrelValue($0) })
            },
            NativeMethod("erasesector", parameters: .exactly(1), types: ".n") { [unowned run] call in
                let address = Int(try call.integer(0))
                return try run.block(call) { try flash.eraseSector(address, then: $0) }
            },
        ]
        return [("spiflash", context.vm.makeTable(functions: methods))]
    }

    /// At the blob's position, growing it at its end, as `writeblob` does.
    private static func write(_ bytes: [UInt8], into blob: SquirrelObject) {
        var content = blob.bytes
        let start = min(blob.position, content.count)
        let end = min(start + bytes.count, content.count)
        content.replaceSubrange(start..<end, with: bytes)
        blob.bytes = content
        blob.position = start + bytes.count
    }
}
