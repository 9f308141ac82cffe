import ContentAddress
import Imp003

/// A station folder that was read and checked as a whole: nothing in it is left to go wrong while a unit is in a slot,
/// except what changes on disk meanwhile.
public struct StationFolder: Hashable, Sendable {
    /// The folder's absolute path.
    public let root: String
    public let station: StationSettings
    /// Concrete and abstract ones, by id.
    public let skus: [SKUDefinition]
    /// By name.
    public let plans: [TestPlan]
    /// By id.
    public let orders: [WorkOrder]
    /// line.yaml, for emulated slots.
    public let line: EmulatedLineSettings?
    /// What each market of the SKUs allows.
    let marketRules: [CountryCode: MarketRules]

    /// Reads and checks everything in a folder.
    /// - Parameters:
    ///   - path: the station folder.
    ///   - regulatory: what the countries allow.
    ///   - emulator: what line.yaml may name; nil where nothing will be emulated.
    /// - Returns: the folder, unless any problem is an error; and all problems by file and line, warnings included.
    public static func load(
        at path: String, regulatory: RegulatoryDatabase, emulator: EmulatorVocabulary? = nil
    ) -> (StationFolder?, [ConfigProblem]) {
        guard let files = StationFiles(at: path) else {
            let problems = ProblemCollector()
            problems.report(
                .notAStationFolder, at: .wholeFile(path), found: "no readable folder",
                allowed: "a station folder",
                remedy: "Name the folder that holds station.yaml.")
            return (nil, problems.sorted)
        }
        let reading = FolderReading(files: files, regulatory: regulatory, emulator: emulator)
        let folder = FolderAssembly(reading: reading).assemble()
        let problems = reading.problems.sorted
        return (problems.hasErrors ? nil : folder, problems)
    }

    public func sku(_ id: String) -> SKUDefinition? { skus.first { $0.id == id } }

    public func plan(_ name: String) -> TestPlan? { plans.first { $0.name == name } }

    public func order(_ id: String) -> WorkOrder? { orders.first { $0.id == id } }

    /// What an order builds; never nil for an order of this folder.
    public func variant(for order: WorkOrder) -> SKUVariant? {
        variant(sku: order.sku, market: order.market)
    }

    /// - Returns: nil when there is no such SKU, it is abstract, or it is not sold in the market.
    public func variant(sku: String, market: CountryCode?) -> SKUVariant? {
        self.sku(sku)?.variant(for: market)
    }

    /// The absolute path of what station.yaml names (`database`, `labels`): relative ones lie in the folder.
    public func resolve(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(root)/\(path)"
    }

    // MARK: - Content, read when it is needed

    /// The image's bytes, read now and compared with the SHA-256 again: files may change after the check.
    public func read(_ image: FlashImage) throws(ConfigFileError) -> [UInt8] {
        try read(image.file, expecting: image.sha256, limit: FileLimit.image)
    }

    /// The NVRAM text's bytes, as for images.
    public func read(_ nvram: NVRAMReference) throws(ConfigFileError) -> [UInt8] {
        try read(nvram.file, expecting: nvram.sha256, limit: FileLimit.nvram)
    }

    /// The label template, as for images.
    public func read(_ label: LabelSettings) throws(ConfigFileError) -> String {
        let bytes = try read(label.template, expecting: label.sha256, limit: FileLimit.label)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText(label.template) }
        return text
    }

    private func read(
        _ path: String, expecting digest: SHA256Digest, limit: Int
    ) throws(ConfigFileError) -> [UInt8] {
        guard let files = StationFiles(at: root) else { throw .missing(root) }
        let bytes = try files.read(path, limit: limit)
        let found = SHA256Digest(of: bytes)
        guard found == digest else { throw .changed(path, expected: digest, found: found) }
        return bytes
    }
}

/// What one country allows at 2.4 GHz, as the matrix shows it.
struct MarketRules: Hashable, Sendable {
    var channels: ChannelSet
    /// The lowest limit on these channels, in hundredths of a dBm.
    var maximumEIRP: Int?
}
