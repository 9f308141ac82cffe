import TimeAndChance

/// The WiFi firmware that an imp003 brings along: bytes of no meaning, the same in all modules.
enum WiFiFirmware {
    private static let bytes: [UInt8] = {
        var generator = SeededGenerator(seed: 0x4336_2A2)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(0x70000)
        while bytes.count < 0x70000 {
            let word = generator.next()
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return bytes
    }()

    static func image(_ count: Int) -> [UInt8] {
        Array(bytes.prefix(count))
    }
}

/// The first power-up's copy from the module into the flash reservation: 4 KB erase, sixteen pages, next sector; at
/// the end everything is read back.
///
/// The commands carry the times at which a real bus would issue them, and are executed when somebody looks
/// (`catchUp`): exact to the nanosecond at a power cut, without an event for each page.
final class WiFiFirmwareTransfer {
    private let flash: ModuleFlash
    private let firmware: [UInt8]
    private var offset = 0
    private var erasedTo = 0
    /// When the next command is issued; nil before the first look at the clock.
    private var next: VirtualInstant?
    private(set) var isFinished = false
    /// After the end: whether the flash holds what was written.
    private(set) var verified = false

    private static let page = 256
    private static let sector = 4096

    init(flash: ModuleFlash, firmware: [UInt8]) {
        self.flash = flash
        self.firmware = firmware
    }

    /// Issues every command whose time has come.
    func catchUp(to now: VirtualInstant) {
        while !isFinished {
            let time = next ?? now
            next = time
            guard time <= now else { return }
            step(at: time)
        }
    }

    /// The module is reset or loses power: what was issued by then has been issued, nothing more.
    func abandon(at now: VirtualInstant) {
        catchUp(to: now)
        isFinished = true
    }

    private func step(at time: VirtualInstant) {
        guard offset < firmware.count else { return verify(at: time) }
        _ = flash.exchange([0x06], read: 0, at: time)
        let sent: Int
        if erasedTo <= offset {
            let command = ModuleFlash.command(0x20, offset)
            _ = flash.exchange(command, read: 0, at: time)
            erasedTo = offset + Self.sector
            sent = 1 + command.count
        } else {
            let end = min(offset + Self.page, firmware.count)
            let command = ModuleFlash.command(0x02, offset) + firmware[offset..<end]
            _ = flash.exchange(command, read: 0, at: time)
            offset = end
            sent = 1 + command.count
        }
        next = max(flash.busyUntil ?? time, time) + ModuleFlash.wireTime(ofBytes: sent)
    }

    private func verify(at time: VirtualInstant) {
        verified = flash.exchange(ModuleFlash.command(0x03, 0), read: firmware.count, at: time).isSame(
            as: firmware)
        isFinished = true
    }
}
