import ArgumentParser
import Foundation
import StationConfig
import TimeAndChance
import USBFixture
import USBTransport

struct USBCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usb",
        abstract: "The adapters of slots on USB: what is there, which is which, whose is which.",
        subcommands: [List.self, Identify.self, Bind.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Show the adapters that are plugged in, their slots, and what keeps one from being used.")

        @OptionGroup var options: FolderOptions

        @Flag(help: "Print one JSON document.")
        var json = false

        func run() async throws {
            let devices = try USBSlots.devices()
            // Without a station folder the list is still of use.
            let bindings = USBSlots.folder(options).map(USBSlots.bindings(of:)) ?? []
            if json { return try JSONOutput.print(USBListingDocument(devices, bindings)) }
            for line in USBListing.table(devices, bindings: bindings).split(separator: "\n") {
                Terminal.line(String(line))
            }
        }
    }

    struct Identify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Blink both lamps of a slot, so that a person sees which one it is.")

        @OptionGroup var options: FolderOptions

        @Argument(help: "A slot of station.yaml, a USB path such as 1-4.2, or an adapter's serial number.")
        var which: String

        @Option(help: ArgumentHelp("How often.", valueName: "n"))
        var times = 5

        func validate() throws {
            if !(1...100).contains(times) {
                throw ValidationError("--times must be 1 to 100, found \(times).")
            }
        }

        func run() async throws {
            let slots = USBSlots.folder(options)?.station.slots ?? []
            let bound = try slots.first { $0.name == which }.flatMap { try USBSlots.Bound($0) }
            let binding = try bound?.binding ?? USBSlots.binding(of: which)
            do {
                let fixture = try await USBSlotFixture.open(
                    binding, on: try USBSlots.host(), time: SystemTime(),
                    settings: bound?.settings ?? USBFixtureSettings())
                Terminal.line("\(fixture.label): both lamps blink.")
                try await fixture.identify(times: times)
                await fixture.makeSafe()
            } catch let failure as StationFailure {
                throw failure
            } catch {
                throw StationFailure(.refused, "\(error)")
            }
        }
    }

    struct Bind: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write what binds a slot to an adapter: the lines for station.yaml, and the udev rule.",
            discussion: """
                Prints both, with what to do with them; changes nothing. With --rule-file the rules of stations/udev and the \
                adapter's own are written to that file (/etc/udev/rules.d/60-blessing-station.rules needs root).
                """)

        @Argument(help: "The slot, as station.yaml is to call it.")
        var slot: String

        @Argument(
            help:
                "A USB path such as 1-4.2, or an adapter's serial number; may be left out when one adapter is plugged in."
        )
        var adapter: String?

        @Option(help: ArgumentHelp("The group that may open the adapter.", valueName: "name"))
        var group = "plugdev"

        @Option(help: ArgumentHelp("Write the udev rules to a file.", valueName: "file"))
        var ruleFile: String?

        @Option(
            help: ArgumentHelp("Give the adapter this serial number first (FTDI EEPROM).", valueName: "text"))
        var writeSerial: String?

        func validate() throws {
            guard SlotSettings.isName(slot) else {
                throw ValidationError("\(slot) is no name for a slot: 1 to 16 of A–Z, a–z, 0–9 and -.")
            }
        }

        func run() async throws {
            var device = try chosen(among: try USBSlots.devices())
            if let writeSerial { device = try await give(device, serial: writeSerial) }
            let rule = USBListing.udevRule(for: device, group: group)
            Terminal.line("In station.yaml, under slots:")
            Terminal.line(USBListing.yaml(slot: slot, device: device))
            if device.serial == nil {
                Terminal.line(
                    "The adapter has no serial number, so swapped cables can't be noticed: give it one with --write-serial."
                )
            }
            guard let ruleFile else {
                Terminal.line("")
                Terminal.line(
                    "In /etc/udev/rules.d/60-blessing-station.rules (then: udevadm control --reload):")
                Terminal.line(rule)
                return
            }
            try Files.write(Array(USBListing.udevRules(group: group, adapters: [device]).utf8), to: ruleFile)
            Terminal.line("")
            Terminal.line(
                "\(ruleFile) written. Now: udevadm control --reload, and plug the adapter in again.")
        }

        private func chosen(among devices: [USBDeviceInfo]) throws -> USBDeviceInfo {
            let fit = devices.filter(SlotBindings.canServe)
            guard let adapter else {
                guard let only = fit.first else {
                    throw StationFailure(
                        .refused, "No adapter is plugged in that a slot could use (station usb list).")
                }
                guard fit.count == 1 else {
                    throw StationFailure(
                        .badInput, "Which adapter? There are: \(fit.map(\.label).joined(separator: ", ")).")
                }
                return only
            }
            guard let found = devices.first(where: { $0.path.description == adapter || $0.serial == adapter })
            else {
                throw StationFailure(.badInput, "No adapter \(adapter) is plugged in (station usb list).")
            }
            guard SlotBindings.canServe(found) else {
                throw StationFailure(
                    .refused,
                    BindingProblem.wrongDevice(slot: slot, label: found.label, identifier: found.identifier)
                        .description)
            }
            return found
        }

        private func give(_ info: USBDeviceInfo, serial: String) async throws -> USBDeviceInfo {
            do {
                let device = try USBSlots.host().open(info.path)
                let channel = try FTDIChannel(device, number: 0, time: SystemTime())
                try await channel.writeSerial(serial)
                device.close()
            } catch {
                throw StationFailure(.refused, "\(error)")
            }
            Terminal.line("\(info.label) is called \(serial) from the next time it is plugged in.")
            var named = info
            named.serial = serial
            return named
        }
    }
}

extension USBSlots {
    /// What is plugged in.
    static func devices() throws -> [USBDeviceInfo] {
        do { return try host().devices() } catch let failure as StationFailure { throw failure } catch {
            throw StationFailure(.refused, "\(error)")
        }
    }

    /// The station folder, if there is one: what is plugged in can be told without it.
    static func folder(_ options: FolderOptions) -> StationFolder? {
        guard FileManager.default.fileExists(atPath: options.path + "/station.yaml") else { return nil }
        return try? options.load(warn: false)
    }

    /// The bindings of a station's slots.
    static func bindings(of folder: StationFolder) -> [SlotBinding] {
        folder.station.slots.compactMap { (try? Bound($0))?.binding }
    }

    /// An adapter by what a person types: a USB path, else a serial number.
    static func binding(of text: String) throws -> SlotBinding {
        do {
            let path = USBPath(text)
            return try SlotBinding(slot: text, path: path, serial: path == nil ? text : nil)
        } catch {
            throw StationFailure(.badInput, "\(error)")
        }
    }
}
