import Imp003

/// Reads the parts of a folder in the order in which they depend on each other. A part that can't be read never hides
/// the problems of another, and causes none there.
struct FolderAssembly {
    let reading: FolderReading

    private var problems: ProblemCollector { reading.problems }

    /// - Returns: nil when a part is missing; reported. Whether the folder may be used is for the problems to say.
    func assemble() -> StationFolder? {
        let names = reading.files.list("") ?? []
        let stationNode = station(names)
        let station = stationNode.flatMap { StationReading(reading: reading).read($0) }
        let plans = readPlans(fixtures: station.map { Set($0.slots.map(\.fixture)) } ?? [])
        let skus = readSKUs(plans)
        if let stationNode {
            StationReading(reading: reading).checkAllowedSKUs(
                stationNode, known: skus.ids, complete: skus.complete)
        }
        let known = OrderReading.Known(
            station: station, skuIDs: skus.ids,
            skus: Dictionary(skus.definitions.map { ($0.id, $0) }) { first, _ in first },
            skusComplete: skus.complete)
        let orders = readOrders(known)
        var line: EmulatedLineSettings?
        if names.contains("line.yaml"), let node = reading.yaml("line.yaml") {
            line = LineReading(reading: reading, skuIDs: skus.complete ? skus.ids : nil).read(node)
        }
        // With errors about, what seems unused may be used by something that could not be read.
        if !problems.sorted.hasErrors { reportUnused(skus.definitions, plans) }
        guard let station else { return nil }
        let definitions = skus.definitions.sorted { $0.id < $1.id }
        return StationFolder(
            root: reading.files.root, station: station, skus: definitions,
            plans: plans.plans.values.sorted { $0.name < $1.name }, orders: orders.sorted { $0.id < $1.id },
            line: line,
            marketRules: marketRules(definitions))
    }

    private func station(_ names: [String]) -> ConfigNode? {
        guard names.contains("station.yaml") else {
            problems.report(
                .notAStationFolder, at: .wholeFile("station.yaml"), found: "no station.yaml in this folder",
                allowed: "a station folder",
                remedy: Phrase.didYouMean(
                    "station.yaml", among: names, otherwise: "Name the folder that holds station.yaml."))
            return nil
        }
        return reading.yaml("station.yaml")
    }

    // MARK: - Parts

    private func readPlans(fixtures: Set<FixtureKind>) -> SKUReading.Plans {
        let files = reading.yamlFiles(in: "plans")
        let reader = PlanReading(reading: reading, fixtures: fixtures.sorted { $0.rawValue < $1.rawValue })
        var result = SKUReading.Plans(plans: [:], names: [], complete: files.complete)
        var first: [String: Origin] = [:]
        for (file, node) in files.nodes {
            let plan = reader.read(node, file: file)
            guard let name = node.text("plan", .identifier), let origin = node["plan"]?.origin else {
                result.complete = false
                continue
            }
            if let other = first[name] {
                reportDuplicate(.duplicatePlan, name, origin, other, path: "plan")
                continue
            }
            first[name] = origin
            result.names.insert(name)
            result.plans[name] = plan
        }
        return result
    }

    private func readSKUs(
        _ plans: SKUReading.Plans
    ) -> (definitions: [SKUDefinition], ids: [String: Bool], complete: Bool) {
        let files = reading.yamlFiles(in: "skus")
        let inheritance = SKUInheritance(reading: reading, files: files.nodes, complete: files.complete)
        let reader = SKUReading(reading: reading, plans: plans)
        var definitions: [SKUDefinition] = []
        for source in inheritance.sources.values.sorted(by: { $0.id < $1.id }) {
            guard let lineage = inheritance.lineage(of: source) else { continue }
            let merged = inheritance.merged(lineage)
            if let sku = reader.read(source, lineage: lineage, merged: merged) { definitions.append(sku) }
        }
        inheritance.reportUnusedBases()
        return (definitions, inheritance.sources.mapValues(\.isAbstract), inheritance.complete)
    }

    private func readOrders(_ known: OrderReading.Known) -> [WorkOrder] {
        let reader = OrderReading(reading: reading, known: known)
        var orders: [(order: WorkOrder, node: ConfigNode)] = []
        var first: [String: Origin] = [:]
        for (file, node) in reading.yamlFiles(in: "orders").nodes {
            let order = reader.read(node, file: file)
            if let id = node.text("order", .orderID), let origin = node["order"]?.origin {
                if let other = first[id] {
                    reportDuplicate(.duplicateOrder, id, origin, other, path: "order")
                    continue
                }
                first[id] = origin
            }
            if let order { orders.append((order, node)) }
        }
        reader.checkOverlaps(orders)
        return orders.map(\.order)
    }

    private func reportDuplicate(
        _ code: ConfigCode, _ name: String, _ origin: Origin, _ other: Origin, path: String
    ) {
        problems.report(
            code, at: origin, path: path,
            found: "`\(name)` again; \(other.file):\(other.line) defines it too",
            allowed: "each \(path) in one file",
            remedy: "Rename one of them, or delete the file that is out of date.")
    }

    // MARK: - What nobody uses

    private func reportUnused(_ skus: [SKUDefinition], _ plans: SKUReading.Plans) {
        let usedPlans = Set(skus.flatMap { $0.variants.map(\.plan) })
        for plan in plans.plans.values where !usedPlans.contains(plan.name) && !plan.isStandalone {
            problems.report(
                .unused, .warning, at: .wholeFile(plan.file), path: "plan",
                found: "no SKU uses the plan `\(plan.name)`",
                remedy: "Delete it, or name it in a SKU.")
        }
        for folder in ["images", "nvram", "labels"] {
            for name in reading.files.list(folder) ?? [] where !reading.used.contains("\(folder)/\(name)") {
                problems.report(
                    .unused, .warning, at: .wholeFile("\(folder)/\(name)"), found: "no SKU uses this file",
                    remedy: "Delete it, or name it in a SKU.")
            }
        }
    }

    private func marketRules(_ skus: [SKUDefinition]) -> [CountryCode: MarketRules] {
        var rules: [CountryCode: MarketRules] = [:]
        for market in Set(skus.flatMap(\.markets)) {
            guard let channels = try? reading.regulatory.rules(for: market).unrestrictedChannels else {
                continue
            }
            let worst = (try? reading.regulatory.worstCaseEIRP(in: [market], on: channels)) ?? nil
            rules[market] = MarketRules(channels: channels, maximumEIRP: worst?.eirp.hundredthsOfDBm)
        }
        return rules
    }
}
