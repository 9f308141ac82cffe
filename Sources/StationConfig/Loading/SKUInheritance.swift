import Imp003

/// One SKU file as it was read.
struct SKUSource {
    var id: String
    var file: String
    var node: ConfigNode

    var isAbstract: Bool { node.boolean("abstract") ?? false }
    var extends: String? { node.text("extends", .identifier) }
}

/// Finds out who extends whom, and lays each SKU over its bases.
struct SKUInheritance {
    let reading: FolderReading
    /// The first definition of each id.
    private(set) var sources: [String: SKUSource] = [:]
    /// Whether every SKU file could be read: otherwise a missing SKU may be in an unreadable one.
    let complete: Bool

    private var problems: ProblemCollector { reading.problems }

    /// Keys that belong to one file and are not inherited.
    private static let own: Set<String> = ["sku", "abstract", "extends", "description"]

    init(reading: FolderReading, files: [(file: String, node: ConfigNode)], complete: Bool) {
        self.reading = reading
        var allNamed = complete
        for (file, node) in files {
            // A file is judged by itself first, so that a slip in a base is found though nobody extends it.
            ShapeCheck(problems: reading.problems, mode: .part).check(node, Keys.sku)
            guard let id = node.text("sku", .identifier) else {
                allNamed = false
                if node["sku"] == nil || node["sku"]?.isNothing == true {
                    reading.problems.report(
                        .missingKey, at: node.origin, found: "no `sku`", allowed: TextForm.identifier.allowed,
                        remedy: "Add `sku: …`, the name of this SKU.")
                }
                continue
            }
            let source = SKUSource(id: id, file: file, node: node)
            if let first = sources[id] {
                reading.problems.report(
                    .duplicateSKU, at: node["sku"]?.origin ?? node.origin, path: "sku",
                    found:
                        "`\(id)` again; \(first.file):\(first.node["sku"]?.origin.line ?? 1) defines it too",
                    allowed: "each SKU in one file",
                    remedy: "Rename one of them, or delete the file that is out of date.")
            } else {
                sources[id] = source
            }
        }
        self.complete = allNamed
    }

    /// The SKU and its bases, nearest first.
    /// - Returns: nil when a base is missing or the chain is circular; reported.
    func lineage(of source: SKUSource) -> [SKUSource]? {
        var chain = [source]
        while let current = chain.last, let baseID = current.extends,
            let origin = current.node["extends"]?.origin
        {
            if let start = chain.firstIndex(where: { $0.id == baseID }) {
                report(circle: chain[start...].map(\.id))
                return nil
            }
            guard let base = sources[baseID] else {
                if complete {
                    let others = sources.keys.filter { $0 != current.id }
                    problems.report(
                        .unknownBase, at: origin, path: "extends",
                        found: "`\(baseID)`, which no file defines",
                        allowed: Phrase.oneOf(others.sorted()),
                        remedy: Phrase.didYouMean(
                            baseID, among: others, otherwise: "Delete it, or add its file."))
                }
                return nil
            }
            chain.append(base)
        }
        // An `extends` that is no name has been reported; without it the SKU would be another one.
        if chain.contains(where: { $0.node["extends"].map { !$0.isNothing } == true && $0.extends == nil }) {
            return nil
        }
        return chain
    }

    /// One report for a circle, whoever was asked for: at the SKU that comes first in the alphabet.
    private func report(circle ids: [String]) {
        guard let first = ids.min(), let start = ids.firstIndex(of: first), let source = sources[first] else {
            return
        }
        let turned = Array(ids[start...] + ids[..<start]) + [first]
        problems.report(
            .circularExtends, at: source.node["extends"]?.origin ?? source.node.origin, path: "extends",
            found: turned.joined(separator: " → "), allowed: "a chain that ends",
            remedy: "Let one of them extend nothing.")
    }

    /// A SKU laid over its bases.
    struct Merged {
        /// Without its overlays.
        var node: ConfigNode
        /// By country. A key set to nothing in an overlay is still there: it takes away what `node` has.
        var overlays: [ConfigEntry]
    }

    func merged(_ lineage: [SKUSource]) -> Merged {
        guard let nearest = lineage.first else {
            return Merged(node: ConfigNode(origin: .wholeFile(""), content: .map([])), overlays: [])
        }
        var node: ConfigNode?
        var overlays = ConfigNode(origin: nearest.node.origin, content: .map([]))
        for source in lineage.reversed() {
            let inherited = (source.id == nearest.id ? source.node : source.node.without(Self.own)).without([
                "overlays"
            ])
            node = node.map { inherited.laid(over: $0, keeping: .own) } ?? inherited
            guard let own = source.node["overlays"] else { continue }
            // `overlays: ~` takes all inherited ones away.
            overlays =
                own.entries == nil
                ? ConfigNode(origin: own.origin, content: .map([]))
                : own.laid(over: overlays, keeping: .own, removing: .atTopOnly)
        }
        return Merged(node: (node ?? nearest.node).withoutNothing, overlays: overlays.entries ?? [])
    }

    /// Bases that nobody extends.
    func reportUnusedBases() {
        let extended = Set(sources.values.compactMap(\.extends))
        for source in sources.values where source.isAbstract && !extended.contains(source.id) {
            problems.report(
                .unused, .warning, at: source.node["abstract"]?.origin ?? source.node.origin,
                path: "abstract",
                found: "`\(source.id)` is abstract, and nothing extends it",
                remedy: "Delete the file, or use it.")
        }
    }
}
