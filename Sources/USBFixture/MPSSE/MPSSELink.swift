import Synchronization
import TimeAndChance
import USBTransport

/// The way to an MPSSE and back: programs go out while answers come in, several at once; both sides stay in step or
/// say that they are not.
final class MPSSELink: Sendable {
    /// What is wrong between us and the engine.
    enum Fault: Error, Equatable {
        case usb(USBError)
        /// The engine did not know a command: FAh and this byte came back.
        case badCommand(UInt8)
        /// Bytes were lost or added.
        case lostStep(found: [UInt8])
        /// The answer did not come.
        case silent(missing: Int)
    }

    /// What went over USB so far.
    struct Counters: Sendable, Equatable {
        var programs = 0
        var roundTrips = 0
        var bytesOut = 0
        var bytesIn = 0
        var resynchronisations = 0
    }

    let channel: FTDIChannel
    private let pump: InputPump
    let counters = Mutex(Counters())

    init(_ channel: FTDIChannel) {
        self.channel = channel
        pump = InputPump(
            channel.device, endpoint: channel.input, framing: .statusBytes, length: 16_384, limit: 1 << 20)
    }

    deinit {
        pump.close()
    }

    func close() {
        pump.close()
    }

    /// Reads in flight while an answer is awaited.
    private static let depth = 4
    /// Beyond the engine's own time, before the answer is given up.
    private static let patience = Duration.seconds(1)

    /// Sends a program on its way; reads are in flight before it is.
    func start(_ program: MPSSEProgram) {
        counters.withLock { counters in
            counters.programs += 1
            counters.bytesOut += program.out.count
            counters.bytesIn += program.answerCount + MPSSEProgram.markerCount
        }
        pump.keep(Self.depth)
        channel.device.submit(.bulkOut(endpoint: channel.output.address, program.out)) {
            [pump, channel] end in
            let label = channel.device.info.label
            switch end.status {
            case .completed: break
            case .cancelled: pump.fail(.cancelled(device: label))
            case .stalled: pump.fail(.stalled(device: label, what: "commands"))
            case .disconnected: pump.fail(.disconnected(device: label))
            case .overflow: pump.fail(.babble(device: label, what: "commands"))
            case .failed(let reason): pump.fail(.failed(device: label, what: "commands", reason: reason))
            }
        }
    }

    /// The answer to the oldest program that was started and not yet answered.
    /// - Parameter ahead: how long the engine has to work before it comes to this program.
    func answer(to program: MPSSEProgram, ahead: Duration) async throws(Fault) -> [UInt8] {
        let count = program.answerCount + MPSSEProgram.markerCount
        let timeout = program.duration * 2 + ahead * 2 + Self.patience
        do {
            let complete = try await pump.wait(for: count, timeout: timeout, on: channel.time)
            guard complete else {
                let bytes = pump.take(.max / 2)
                throw Self.complaint(in: bytes) ?? Fault.silent(missing: count - bytes.count)
            }
        } catch let error as USBError {
            throw .usb(error)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw .silent(missing: count)
        }
        var bytes = pump.take(count)
        let marker = bytes.suffix(MPSSEProgram.markerCount)
        guard marker.elementsEqual([MPSSECommand.badCommand, MPSSECommand.bogusB]) else {
            bytes += pump.take(.max / 2)
            throw Self.complaint(in: bytes) ?? .lostStep(found: Array(bytes.suffix(4)))
        }
        bytes.removeLast(MPSSEProgram.markerCount)
        return bytes
    }

    /// Nothing may be left over once all answers are in.
    func finishRoundTrip() throws(Fault) {
        pump.keep(0)
        counters.withLock { $0.roundTrips += 1 }
        guard pump.count == 0 else {
            let bytes = pump.take(.max / 2)
            throw Self.complaint(in: bytes) ?? .lostStep(found: Array(bytes.prefix(4)))
        }
    }

    /// FAh and a byte that is one of our commands but not the marker: the engine did not understand it.
    private static func complaint(in bytes: [UInt8]) -> Fault? {
        let ours: Set<UInt8> = [0x11, 0x20, 0x80, 0x81, 0x82, 0x83, 0x85, 0x86, 0x87, 0x8A, 0x8D, 0x8F, 0x97]
        for (first, second) in zip(bytes, bytes.dropFirst())
        where first == MPSSECommand.badCommand && ours.contains(second) {
            return .badCommand(second)
        }
        return nil
    }

    /// Puts the engine into its first state and proves that it answers: MPSSE mode anew, all pins floating.
    func synchronise() async throws(Fault) {
        counters.withLock { $0.resynchronisations += 1 }
        do {
            pump.keep(0)
            if case .stalled? = pump.failure {
                try await channel.device.clearHalt(endpoint: channel.input.address)
                try await channel.device.clearHalt(endpoint: channel.output.address)
            }
            try await channel.reset()
            try await channel.setBitMode(.reset)
            try await channel.purge()
            // Status goes by 87h; the timer only has to bring home what that leaves.
            try await channel.setLatency(milliseconds: 16)
            try await channel.setBitMode(.mpsse)
            // The chip needs a moment to change its mode (libftdi and flashrom give it up to 50 ms).
            try? await channel.time.sleep(for: .milliseconds(20))
            pump.restart()
        } catch {
            throw .usb(error)
        }
        for marker in [MPSSECommand.bogusA, MPSSECommand.bogusB] {
            pump.keep(Self.depth)
            let setup: [UInt8] = [marker, MPSSECommand.sendImmediate]
            do {
                try await channel.device.run(
                    .bulkOut(endpoint: channel.output.address, setup), timeout: Self.patience,
                    on: channel.time)
            } catch {
                throw .usb(error)
            }
            var seen: [UInt8] = []
            while !seen.suffix(2).elementsEqual([MPSSECommand.badCommand, marker]) {
                let arrived: Bool
                do {
                    arrived = try await pump.wait(for: 1, timeout: .milliseconds(200), on: channel.time)
                } catch let error as USBError {
                    throw .usb(error)
                } catch {
                    throw .silent(missing: 2)
                }
                guard arrived else { throw .silent(missing: 2) }
                seen += pump.take(1)
                guard seen.count < 65536 else { throw .lostStep(found: Array(seen.suffix(4))) }
            }
        }
        pump.keep(0)
    }
}
