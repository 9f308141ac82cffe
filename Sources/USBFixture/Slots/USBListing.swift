import USBTransport

/// What `station usb list` shows and `station usb bind` writes.
public enum USBListing {
    /// Every adapter of interest, one a line, with what it can do and what keeps it from being a slot.
    public static func table(_ devices: [USBDeviceInfo], bindings: [SlotBinding] = []) -> String {
        let resolved = SlotBindings.resolve(bindings, among: devices)
        var owners: [USBPath: String] = [:]
        for (slot, result) in resolved {
            if case .success(let device) = result { owners[device.path] = slot }
        }
        var rows = [["PATH", "ID", "SERIAL", "CHIP", "SLOT", "PRODUCT"]]
        for device in devices.sorted(by: { $0.path < $1.path }) where isOfInterest(device) {
            rows.append([
                "\(device.path)", device.identifier, device.serial ?? "(none)", kind(of: device),
                owners[device.path] ?? "-",
                (device.product ?? "") + note(on: device),
            ])
        }
        var lines = rows.count > 1 ? align(rows) : ["No adapter is plugged in that a slot could use."]
        for (_, result) in resolved.sorted(by: { $0.key < $1.key }) {
            if case .failure(let problem) = result { lines.append(problem.description) }
        }
        return lines.joined(separator: "\n")
    }

    /// Whether a device is an FTDI or CDC-ACM adapter.
    public static func isOfInterest(_ device: USBDeviceInfo) -> Bool {
        device.vendorID == FTDIFamily.vendorID || CDCACMPort.matches(device)
    }

    /// `FT2232H`, `CDC-ACM`, or `?` for an FTDI chip that the table does not have.
    public static func kind(of device: USBDeviceInfo) -> String {
        FTDIFamily.of(device)?.name ?? (CDCACMPort.matches(device) ? "CDC-ACM" : "?")
    }

    /// `granted`, `denied` or `in-use`, and what to know about it.
    public static func access(of device: USBDeviceInfo) -> (word: String, note: String?) {
        switch device.access {
        case .granted: ("granted", nil)
        case .denied:
            (
                "denied",
                "this user may not open it: install the udev rule (station usb bind), run \"udevadm control --reload\", plug it in again"
            )
        case .inUse(let program): ("in-use", program)
        }
    }

    private static func note(on device: USBDeviceInfo) -> String {
        switch device.access {
        case .granted: SlotBindings.canServe(device) ? "" : " (serial port only)"
        case .denied: " (no permission: see stations/udev)"
        case .inUse(let program): " (in use: \(program))"
        }
    }

    private static func align(_ rows: [[String]]) -> [String] {
        let widths = (0..<rows[0].count).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line +=
                    column == row.count - 1
                    ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            return line
        }
    }

    /// The lines for station.yaml that bind a slot to an adapter.
    public static func yaml(slot: String, device: USBDeviceInfo) -> String {
        let serial = device.serial.map { ", serial: \(quoted($0))" } ?? ""
        return
            "  - { name: \(slot), fixture: { kind: usb, path: \(quoted(device.path.description))\(serial) } }"
    }

    /// A udev rule that lets a group's members open an adapter.
    /// - Parameter group: `plugdev` on Debian and Ubuntu.
    public static func udevRule(for device: USBDeviceInfo, group: String = "plugdev") -> String {
        let identifier = device.identifier.split(separator: ":")
        let serial = device.serial.map { ", ATTR{serial}==\(quoted($0))" } ?? ""
        return "SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", ATTR{idVendor}==\"\(identifier[0])\", "
            + "ATTR{idProduct}==\"\(identifier[1])\"\(serial), MODE=\"0660\", GROUP=\(quoted(group)), TAG+=\"uaccess\""
    }

    /// A file of udev rules: every chip of `FTDIFamily`, and, with their serial numbers, the adapters given.
    /// - Parameter group: `plugdev` on Debian and Ubuntu.
    public static func udevRules(group: String = "plugdev", adapters: [USBDeviceInfo] = []) -> String {
        var lines = [
            "# Lets members of the group \(group), and whoever sits at the machine, use a station's adapters without being root.",
            "# Install: copy it to /etc/udev/rules.d/60-blessing-station.rules, run \"udevadm control --reload\", then plug the",
            "# adapters in again. \"station usb bind\" prints a rule for one adapter by its serial number, where all are too many.",
            "ACTION==\"remove\", GOTO=\"blessing_station_end\"",
            "SUBSYSTEM!=\"usb\", GOTO=\"blessing_station_end\"",
            "ENV{DEVTYPE}!=\"usb_device\", GOTO=\"blessing_station_end\"", "",
        ]
        var seen: Set<UInt16> = []
        for family in FTDIFamily.all where seen.insert(family.productID).inserted {
            let names = FTDIFamily.all.filter { $0.productID == family.productID }.map(\.name)
            lines.append("# " + names.joined(separator: ", "))
            let product = String(family.productID, radix: 16)
            lines.append(
                "ATTR{idVendor}==\"0403\", ATTR{idProduct}==\"\(product)\", MODE=\"0660\", GROUP=\(quoted(group)), TAG+=\"uaccess\""
            )
        }
        lines += adapters.map { udevRule(for: $0, group: group) }
        return (lines + ["", "LABEL=\"blessing_station_end\"", ""]).joined(separator: "\n")
    }

    /// In double quotes, with whatever could end them left out: serial numbers come from strangers' EEPROMs.
    private static func quoted(_ text: String) -> String {
        let safe = text.unicodeScalars.filter { (0x20...0x7E).contains($0.value) && $0 != "\"" && $0 != "\\" }
        return "\"" + String(String.UnicodeScalarView(safe)) + "\""
    }
}
