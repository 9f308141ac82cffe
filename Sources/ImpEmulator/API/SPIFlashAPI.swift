/// `hardware.spiflash` (N3): the user part of the SPI flash, in addresses that begin behind the reservation.
public final class SPIFlashAPI {
    /// `SPIFLASH_POSTVERIFY` and `SPIFLASH_PREVERIFY`.
    public struct WriteFlags: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// Read back and compare.
        public static let postVerify = WriteFlags(rawValue: 1)
        /// Write only when no bit would have to be set.
        public static let preVerify = WriteFlags(rawValue: 2)
    }

    /// Bytes that `eraseSector` clears.
    public static let sectorSize = 4096

    private let machine: SquirrelMachine
    private var flash: ModuleFlash { machine.module.flash }
    private var isEnabled = false

    init(machine: SquirrelMachine) {
        self.machine = machine
    }

    /// `spiflash.enable()`: before everything else.
    public func enable() { isEnabled = true }

    /// `spiflash.disable()`.
    public func disable() { isEnabled = false }

    /// `spiflash.size()`: bytes available to Squirrel, not the chip's.
    public func size() throws(ImpAPIError) -> Int {
        try requireEnabled()
        return flash.userSize
    }

    /// `spiflash.chipid()`: maker, type and capacity as one number.
    public func chipID() throws(ImpAPIError) -> Int {
        try requireEnabled()
        return flash.exchange([0x9F], read: 3).reduce(0) { $0 << 8 | Int($1) }
    }

    /// `spiflash.read(address, count)`.
    public func read(_ address: Int, _ count: Int, then: @escaping Resume<[UInt8]>) throws(ImpAPIError) {
        try check(address, count, "read")
        let (bytes, duration) = flash.read(at: flash.reservation + address, count: count)
        machine.processor.wait(for: duration) { try then(.success(bytes)) }
    }

    /// `spiflash.write(address, blob, flags)`: 0, or the flag that failed. Without a flag a bit that should become 1
    /// silently stays 0.
    public func write(
        _ address: Int, _ bytes: [UInt8], _ flags: WriteFlags = [], then: @escaping Resume<Int>
    ) throws(ImpAPIError) {
        try check(address, bytes.count, "write")
        let flash = flash
        let start = flash.reservation + address
        let processor = machine.processor
        if flags.contains(.preVerify) {
            let present = flash.read(at: start, count: bytes.count).bytes
            guard zip(present, bytes).allSatisfy({ $0 & $1 == $1 }) else {
                return processor.wait(for: ModuleFlash.wireTime(ofBytes: 4 + bytes.count)) {
                    try then(.success(WriteFlags.preVerify.rawValue))
                }
            }
        }
        processor.hold()
        program(bytes[...], at: start) { [machine] in
            machine.module.onDurableChange()
            let wrong =
                flags.contains(.postVerify) && flash.read(at: start, count: bytes.count).bytes != bytes
            processor.release { try then(.success(wrong ? WriteFlags.postVerify.rawValue : 0)) }
        }
    }

    /// `spiflash.erasesector(address)`.
    /// - Throws: for an address that no sector begins at. A sector that does not come out erased is an error too.
    public func eraseSector(_ address: Int, then: @escaping Resume<Void>) throws(ImpAPIError) {
        try check(address, Self.sectorSize, "erasesector")
        guard address % Self.sectorSize == 0 else {
            throw ImpAPIError("bad sector address in hardware.spiflash.erasesector(address)")
        }
        let flash = flash
        let start = flash.reservation + address
        let processor = machine.processor
        _ = flash.exchange([0x06], read: 0)
        _ = flash.exchange(ModuleFlash.command(0x20, start), read: 0)
        processor.hold()
        whenReady { [machine] in
            machine.module.onDurableChange()
            let erased = flash.read(at: start, count: Self.sectorSize).bytes.allSatisfy { $0 == 0xFF }
            processor.release {
                try then(
                    erased ? .success(()) : .failure(ImpAPIError("hardware.spiflash.erasesector failed")))
            }
        }
    }

    private func program(_ bytes: ArraySlice<UInt8>, at address: Int, done: @escaping () -> Void) {
        guard !bytes.isEmpty else { return done() }
        let count = min(256 - address % 256, bytes.count)
        _ = flash.exchange([0x06], read: 0)
        _ = flash.exchange(ModuleFlash.command(0x02, address) + bytes.prefix(count), read: 0)
        whenReady(after: ModuleFlash.wireTime(ofBytes: 5 + count)) { [self] in
            program(bytes.dropFirst(count), at: address + count, done: done)
        }
    }

    /// Runs `next` when the chip has finished.
    private func whenReady(
        after wire: Duration = ModuleFlash.wireTime(ofBytes: 5), _ next: @escaping () -> Void
    ) {
        let module = machine.module
        let now = module.simulation.now
        module.later(wire + (max(flash.busyUntil ?? now, now) - now), next)
    }

    private func check(_ address: Int, _ count: Int, _ call: String) throws(ImpAPIError) {
        try requireEnabled()
        try machine.requireRunning()
        guard address >= 0, count >= 0, address <= flash.userSize, count <= flash.userSize - address else {
            throw ImpAPIError("address out of range in hardware.spiflash.\(call)")
        }
    }

    private func requireEnabled() throws(ImpAPIError) {
        guard isEnabled else { throw ImpAPIError("hardware.spiflash is not enabled") }
        guard flash.chip != nil else { throw ImpAPIError("no SPI flash") }
    }
}
