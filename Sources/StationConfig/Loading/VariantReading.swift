import ContentAddress
import Imp003

/// Reads one variant of a SKU from its merged keys.
struct VariantReading {
    let reading: FolderReading
    let plans: SKUReading.Plans
    let source: SKUSource

    private var problems: ProblemCollector { reading.problems }

    /// - Parameter markets: those that are known; nothing legal can be said when it is empty.
    /// - Returns: nil when the variant can't be built; reported.
    func read(_ node: ConfigNode, _ markets: [CountryCode], overlay: CountryCode?) -> SKUVariant? {
        ShapeCheck(problems: problems, mode: .merged).check(node, Keys.sku)
        let markets = markets.sorted()
        let region = RegionReading(reading: reading, source: source).read(node, markets)
        let module = FlashReading(reading: reading).module(node)
        let images = FlashReading(reading: reading).images(node, module)
        let nvram = nvram(node, region?.region, markets)
        let label = label(node)
        let plan = plan(node)
        guard let region, let module, let images, let nvram, let label, let plan,
            let product = node.text("product", .labelText), !markets.isEmpty
        else { return nil }
        return SKUVariant(
            sku: source.id, overlay: overlay, product: product, markets: markets, region: region.region,
            regionReason: region.reason, channels: region.region.channels, module: module, nvram: nvram.value,
            images: images, plan: plan.name, planDigest: plan.digest, label: label.value,
            retest: retest(node["retest"]))
    }

    /// A part that a SKU may do without: `value` is nil when it is not there, the whole is nil when it is wrong.
    struct Part<Value> {
        var value: Value?
    }

    private func plan(_ node: ConfigNode) -> TestPlan? {
        guard let plan = node["plan"], let name = plan.text, TextForm.identifier.accepts(name) else {
            return nil
        }
        if !plans.names.contains(name), plans.complete {
            problems.report(
                .unknownPlan, at: plan.origin, path: "plan",
                found: "`\(name)`, which no file in plans/ defines",
                allowed: Phrase.oneOf(plans.names.sorted()),
                remedy: Phrase.didYouMean(name, among: plans.names, otherwise: "Add its file to plans/."))
        }
        return plans.plans[name]
    }

    // MARK: - NVRAM

    private func nvram(_ node: ConfigNode, _ region: RegionCode?, _ markets: [CountryCode]) -> Part<
        NVRAMReference
    >? {
        guard let map = node["nvram"] else { return Part(value: nil) }
        let input = reading.input(
            map["file"], key: "file", sha256: map["sha256"], path: "nvram", limit: FileLimit.nvram)
        guard let input else { return nil }
        let image = NVRAMImage(bytes: input.bytes)
        let requirements = NVRAMRequirements(region: region, countries: markets, database: reading.regulatory)
        for finding in image.findings(requirements) where finding.severity > .note {
            problems.report(
                .nvramFinding, finding.severity,
                at: Origin(file: input.path, line: finding.line ?? 0, column: finding.line == nil ? 0 : 1),
                path: finding.key ?? "", found: finding.message, remedy: "", finding: finding.code)
        }
        return Part(value: NVRAMReference(file: input.path, sha256: input.sha256, image: image))
    }

    // MARK: - Label

    private func label(_ node: ConfigNode) -> Part<LabelSettings>? {
        guard let map = node["label"] else { return Part(value: nil) }
        let input = reading.input(
            map["template"], key: "template", sha256: nil, path: "label", limit: FileLimit.label)
        guard let input else { return nil }
        guard let text = String(validating: input.bytes, as: UTF8.self) else {
            problems.report(
                .notUTF8, at: .wholeFile(input.path), found: "bytes that are not UTF-8",
                allowed: "UTF-8 text",
                remedy: "Save the file as UTF-8.")
            return nil
        }
        LabelTemplateCheck(file: input.path, problems: problems).check(text)
        return Part(
            value: LabelSettings(
                template: input.path, sha256: input.sha256,
                copies: map.integer("copies").flatMap(Int.init(exactly:)) ?? 1))
    }

    // MARK: - Retest

    private func retest(_ node: ConfigNode?) -> RetestPolicy {
        guard let node else { return .none }
        let causes = node["when"]?.items.map {
            $0.compactMap { $0.text.flatMap(RetestCause.init(rawValue:)) }
        }
        let stages = node["not-after"]?.items.map {
            $0.compactMap { $0.text.flatMap(ProcedureStage.init(rawValue:)) }
        }
        return RetestPolicy(
            attempts: node.integer("attempts").flatMap(Int.init(exactly:)) ?? 1,
            causes: Set(causes ?? [.fail, .aborted]),
            coolDown: node.duration("cool-down") ?? .zero, neverAfter: Set(stages ?? []),
            newSlot: node.text("new-slot").flatMap(RetestPolicy.NewSlot.init(rawValue:)) ?? .any)
    }
}
