import USBFixture
import USBTransport

/// What `station usb list --json` prints.
struct USBListingDocument: Encodable {
    struct Adapter: Encodable {
        var path: String
        var id: String
        var manufacturer: String?
        var product: String?
        var serial: String?
        /// `FT2232H`, `CDC-ACM`, or `?`.
        var chip: String
        var speed: String
        /// Whether a slot could use it.
        var servesSlots: Bool
        /// `granted`, `denied` or `in-use`.
        var access: String
        /// Which program has it, or what to do.
        var note: String?
        /// The slot that is bound to it.
        var slot: String?
    }

    var adapters: [Adapter]
    /// A sentence for each slot that has no adapter.
    var problems: [String]

    init(_ devices: [USBDeviceInfo], _ bindings: [SlotBinding]) {
        let resolved = SlotBindings.resolve(bindings, among: devices)
        var owners: [USBPath: String] = [:]
        var sentences: [String] = []
        for (slot, result) in resolved.sorted(by: { $0.key < $1.key }) {
            switch result {
            case .success(let device): owners[device.path] = slot
            case .failure(let problem): sentences.append(problem.description)
            }
        }
        problems = sentences
        adapters = devices.sorted { $0.path < $1.path }.filter(USBListing.isOfInterest).map { device in
            let (access, note) = USBListing.access(of: device)
            return Adapter(
                path: device.path.description, id: device.identifier, manufacturer: device.manufacturer,
                product: device.product, serial: device.serial, chip: USBListing.kind(of: device),
                speed: device.speed.rawValue, servesSlots: SlotBindings.canServe(device), access: access,
                note: note, slot: owners[device.path])
        }
    }
}
