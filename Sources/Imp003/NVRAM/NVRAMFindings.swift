/// What an image is held against. Everything is optional: what is not given is not checked.
public struct NVRAMRequirements: Sendable {
    /// The region that the SKU sets.
    public var region: RegionCode?
    /// The markets that the SKU is sold in; with `database`, they limit the power.
    public var countries: [CountryCode]
    public var database: RegulatoryDatabase?
    /// The most bytes that the packed form may have. The module's own limit is not published; reference images
    /// pack to under 800 bytes, so that 4096 refuses what cannot be meant.
    public var packedSizeLimit: Int

    public init(
        region: RegionCode? = nil, countries: [CountryCode] = [], database: RegulatoryDatabase? = nil,
        packedSizeLimit: Int = 4096
    ) {
        self.region = region
        self.countries = countries
        self.database = database
        self.packedSizeLimit = packedSizeLimit
    }
}

extension NVRAMImage {
    /// Everything that is to be said about this image.
    /// - Returns: findings by line, those about the whole at the end; see `NVRAMFindingCode` for the codes.
    public func findings(_ requirements: NVRAMRequirements = NVRAMRequirements()) -> [Finding] {
        let all =
            textFindings + lineFindings + valueFindings + sizeFindings(limit: requirements.packedSizeLimit)
            + regionFindings(requirements.region) + powerFindings(requirements)
        return all.enumerated()
            .sorted { left, right in
                let lines = (left.element.line ?? .max, right.element.line ?? .max)
                return lines.0 == lines.1 ? left.offset < right.offset : lines.0 < lines.1
            }
            .map(\.element)
    }

    /// The first entry with this key.
    func entry(_ key: String) -> NVRAMEntry? {
        entries.first { $0.key == key }
    }

    private func sizeFindings(limit: Int) -> [Finding] {
        var findings: [Finding] = []
        if let past = dropped.first(where: { $0.reason == .pastCapacity }) {
            findings.append(
                NVRAMFindingCode.cut.finding(
                    line: past.line, key: past.text,
                    """
                    The settings reach \(NVRAMReader.capacity) bytes here; a driver takes nothing from this line on. This is \
                    no NVRAM image of a BCM43362, which has about fifty lines.
                    """))
        }
        do {
            let size = try packed().bytes.count
            if size > limit {
                findings.append(
                    NVRAMFindingCode.tooLarge.finding(
                        """
                        The image packs to \(size) bytes; this station allows \(limit). Remove settings that are not the \
                        module's.
                        """))
            }
        } catch {
            findings.append(NVRAMFindingCode.empty.finding(error.description))
        }
        return findings
    }
}
