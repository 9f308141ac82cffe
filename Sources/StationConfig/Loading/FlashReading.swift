import Imp003

/// Reads what a SKU says about the module and the images in its SPI flash.
struct FlashReading {
    let reading: FolderReading

    private var problems: ProblemCollector { reading.problems }

    /// - Returns: nil when the module's keys are wrong; reported.
    func module(_ node: ConfigNode) -> ModuleRequirements? {
        let module = node["module"]
        let profile: FlashProfile
        switch module?["profile"]?.text {
        case nil, "release-30": profile = .release30
        case "release-30-conservative": profile = .conservative
        default: return nil
        }
        let minimum = module?["flash"]?["minimum"]
        guard let size = minimum == nil ? 1_048_576 : module?["flash"]?.size("minimum") else { return nil }
        guard (524_288...16_777_216).contains(size) else { return nil }
        do {
            let map = try FlashMap(chipSize: UInt64(size), profile: profile)
            return ModuleRequirements(profile: profile, minimumFlash: Int(size), flashMap: map)
        } catch {
            problems.report(
                .outOfRange, at: (minimum ?? node).origin, path: "module.flash.minimum",
                found: error.description)
            return nil
        }
    }

    /// - Returns: the images by address; nil when any is wrong; reported.
    func images(_ node: ConfigNode, _ module: ModuleRequirements?) -> [FlashImage]? {
        guard let flash = node["flash"] else { return [] }
        let items = flash["images"]?.items ?? []
        DuplicateNames.report(items, key: "name", path: "flash.images", to: problems)
        var placed: [(image: FlashImage, address: ConfigNode, path: String)] = []
        for (index, item) in items.enumerated() {
            if let found = image(item, module, path: "flash.images[\(index)]") { placed.append(found) }
        }
        if let module { checkOverlaps(placed, module) }
        guard placed.count == items.count, flash["images"]?.items != nil else { return nil }
        return placed.map(\.image).sorted { $0.userAddress < $1.userAddress }
    }

    private func image(
        _ node: ConfigNode, _ module: ModuleRequirements?, path: String
    ) -> (image: FlashImage, address: ConfigNode, path: String)? {
        guard node.entries != nil else { return nil }
        let address = address(node, module, path: path)
        let input = reading.input(
            node["file"], key: "file", sha256: node["sha256"], path: path, limit: FileLimit.image)
        guard let address, let input, let module, let name = node.text("name", .fieldName) else { return nil }
        let image = FlashImage(
            name: name, file: input.path, userAddress: address.user, size: input.bytes.count,
            sha256: input.sha256)
        guard Int(address.user) + image.size <= Int(module.flashMap.userSize) else {
            reportPastEnd(image, address.node, module, path: address.path)
            return nil
        }
        let offset = address.user % module.profile.sectorSize
        if offset != 0 {
            problems.report(
                .imageNotAtSector, .warning, at: address.node.origin, path: address.path,
                found: "\(name) at \(address.node.spoken)",
                allowed: "multiples of \(Phrase.hex(module.profile.sectorSize))",
                remedy:
                    "The \(offset) bytes before it in its sector are erased and written back with each change of the image."
            )
        }
        return (image, address.node, address.path)
    }

    /// The user address of an image that starts in the product's part of the chip.
    private func address(
        _ node: ConfigNode, _ module: ModuleRequirements?, path: String
    ) -> (user: UInt32, node: ConfigNode, path: String)? {
        switch (node["user-address"], node["physical-address"]) {
        case (let user?, nil):
            guard let value = node.size("user-address").flatMap(UInt32.init(exactly:)), value <= 0xFF_FFFF
            else {
                return nil
            }
            return (value, user, "\(path).user-address")
        case (nil, let physical?):
            guard let module, let value = node.size("physical-address").flatMap(UInt32.init(exactly:)),
                value <= 0xFF_FFFF
            else { return nil }
            guard value >= module.profile.reservation else {
                let range = module.flashMap.userRange
                problems.report(
                    .imageInReservation, at: physical.origin, path: "\(path).physical-address",
                    found: "\(Phrase.hex(value)), inside the system's reservation",
                    allowed: "\(Phrase.hex(range.lowerBound)) to \(Phrase.hex(range.upperBound - 1))",
                    remedy:
                        "The first \(ByteCount.spoken(module.profile.reservation)) belong to impOS: move the image up."
                )
                return nil
            }
            return (value - module.profile.reservation, physical, "\(path).physical-address")
        case (let user, _):
            problems.report(
                .notExactlyOne, at: node.origin, path: path, found: user == nil ? "neither" : "both",
                allowed: "exactly one of user-address and physical-address",
                remedy: "user-address 0 is the first byte above the reservation.")
            return nil
        }
    }

    private func reportPastEnd(
        _ image: FlashImage, _ node: ConfigNode, _ module: ModuleRequirements, path: String
    ) {
        let start = Int(image.userAddress) + Int(module.profile.reservation)
        let end = start + image.size
        let range = module.flashMap.userRange
        let most = Int(module.flashMap.userSize) - image.size
        problems.report(
            .imagePastChipEnd, at: node.origin, path: path,
            found:
                "`\(image.name)` at physical \(Phrase.hex(start)) to \(Phrase.hex(end - 1)) (\(image.size) bytes)",
            allowed: """
                \(Phrase.hex(range.lowerBound)) to \(Phrase.hex(range.upperBound - 1)), on the smallest chip of \
                \(ByteCount.spoken(module.minimumFlash))
                """,
            remedy: most < 0
                ? "Ask for a larger chip with module.flash.minimum."
                : "Start it at user address \(Phrase.hex(most)) or below, or ask for a larger chip.")
    }

    private func checkOverlaps(
        _ placed: [(image: FlashImage, address: ConfigNode, path: String)], _ module: ModuleRequirements
    ) {
        for (index, later) in placed.enumerated() {
            for earlier in placed[..<index] where later.image.userRange.overlaps(earlier.image.userRange) {
                let own = later.image.physicalRange(in: module.profile)
                let other = earlier.image.physicalRange(in: module.profile)
                problems.report(
                    .imagesOverlap, at: later.address.origin, path: later.path,
                    found: """
                        `\(later.image.name)` at physical \(Phrase.hex(own.lowerBound)) to \(Phrase.hex(own.upperBound - 1)), \
                        over `\(earlier.image.name)` at \(Phrase.hex(other.lowerBound)) to \(Phrase.hex(other.upperBound - 1)) \
                        (line \(earlier.address.origin.line))
                        """,
                    allowed: "images apart from each other",
                    remedy: "The first free user address after `\(earlier.image.name)` is "
                        + Phrase.hex((earlier.image.userRange.upperBound + 0xFFF) & ~0xFFF) + ".")
            }
        }
    }
}
