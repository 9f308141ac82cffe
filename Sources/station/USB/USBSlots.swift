import Fixturing
import StationConfig
import TimeAndChance
import USBFixture
import USBTransport

/// The slots of station.yaml that are on USB: found, told apart and opened.
enum USBSlots {
    /// Opens the USB slots among `slots`.
    ///
    /// All or none: a slot that is missing, or sits where another should be, is told before any unit is touched.
    /// - Throws: `StationFailure` after a sentence for each slot that can't be used.
    static func open(_ slots: [SlotSettings]) async throws -> [(name: String, fixture: any Fixture)] {
        guard slots.contains(where: { $0.fixture == .usb }) else { return [] }
        return try await open(slots, on: try host(), time: SystemTime())
    }

    /// The same on any host and clock.
    static func open(
        _ slots: [SlotSettings], on host: any USBHost, time: any TimeSource
    ) async throws -> [(name: String, fixture: any Fixture)] {
        let bound = try slots.compactMap(Bound.init)
        let adapters: [String: Result<USBDeviceInfo, BindingProblem>]
        do {
            adapters = SlotBindings.resolve(bound.map(\.binding), among: try host.devices())
        } catch {
            throw StationFailure(.refused, "\(error)")
        }
        var opened: [(name: String, fixture: any Fixture)] = []
        var refused = 0
        func refuse(_ sentence: String) {
            Terminal.note(sentence)
            refused += 1
        }
        for slot in bound {
            if case .failure(let problem)? = adapters[slot.name] {
                refuse(problem.description)
                continue
            }
            do {
                let fixture = try await USBSlotFixture.open(
                    slot.binding, on: host, time: time, settings: slot.settings)
                for sentence in try await fixture.selfTest() { refuse(sentence) }
                opened.append((slot.name, fixture))
            } catch is CancellationError {
                throw CancellationError()
            } catch let problem as BindingProblem {
                refuse(problem.description)
            } catch {
                refuse("\(error)")
            }
        }
        guard refused == 0 else {
            for (_, fixture) in opened { await fixture.makeSafe() }
            throw StationFailure(
                .refused,
                "\(refused == 1 ? "A slot" : "\(refused) slots") on USB can't be used as station.yaml says; nothing was begun."
            )
        }
        return opened
    }

    /// The machine's USB.
    static func host() throws -> LibUSBHost {
        do { return try LibUSBHost() } catch { throw StationFailure(.refused, "\(error)") }
    }

    /// A slot with its binding and its board, in the fixture's own words.
    struct Bound {
        let name: String
        let binding: SlotBinding
        let settings: USBFixtureSettings

        /// - Returns: nil for slots that are not on USB.
        init?(_ slot: SlotSettings) throws {
            guard let usb = slot.usb else { return nil }
            name = slot.name
            do {
                binding = try SlotBinding(
                    slot: slot.name, path: usb.path.flatMap { USBPath($0) }, serial: usb.serial)
            } catch {
                throw StationFailure(.badInput, "\(error)")
            }
            settings = USBFixtureSettings(usb.wiring)
        }
    }
}

extension USBFixtureSettings {
    /// A board as station.yaml describes it.
    init(_ board: WiringSettings) {
        self.init()
        func pin(_ signal: String) -> FixturePin? { board.pin(of: signal).flatMap { FixturePin($0) } }
        wiring.busSwitch = pin("bus-switch") ?? wiring.busSwitch
        wiring.power = pin("power") ?? wiring.power
        wiring.holdReset = pin("hold-reset") ?? wiring.holdReset
        wiring.nestClosed = pin("nest-closed") ?? wiring.nestClosed
        wiring.blinkUp = pin("blink-up") ?? wiring.blinkUp
        wiring.overcurrent = pin("overcurrent")
        wiring.writeProtect = pin("write-protect")
        wiring.button = pin("button")
        wiring.red = pin("red")
        wiring.green = pin("green")
        wiring.passLamp = pin("pass-lamp")
        wiring.failLamp = pin("fail-lamp")
        spiHertz = board.spiKilohertz.map { $0 * 1000 } ?? spiHertz
        consoleBaud = board.consoleBaud ?? consoleBaud
        powerRise = board.powerRise ?? powerRise
        powerDrain = board.powerDrain ?? powerDrain
        blinkUpDuration = board.blinkUp ?? blinkUpDuration
        blinkUpNetwork = board.senderNetwork
    }
}
