import Imp003
import TimeAndChance

/// Reads orders/*.yaml.
struct OrderReading {
    /// What orders may refer to.
    struct Known {
        /// nil when station.yaml can't be read; then operators and allowed SKUs are not checked.
        var station: StationSettings?
        /// By id: whether abstract. Also SKUs that have errors of their own.
        var skuIDs: [String: Bool]
        /// SKUs without errors.
        var skus: [String: SKUDefinition]
        /// Whether every SKU file could be read.
        var skusComplete: Bool
    }

    let reading: FolderReading
    let known: Known

    private var problems: ProblemCollector { reading.problems }

    /// - Returns: nil when the order can't be used; reported.
    func read(_ node: ConfigNode, file: String) -> WorkOrder? {
        ShapeCheck(problems: problems, mode: .whole).check(node, Keys.order)
        let market = market(node)
        checkSKU(node, market: market)
        checkOperator(node)
        let due = due(node)
        let quantity = node.integer("quantity").flatMap(Int.init(exactly:))
        let serials = node["serials"].flatMap(serials)
        if let quantity, let serials, quantity > serials.count, let origin = node["quantity"]?.origin {
            problems.report(
                .serialsTooFew, at: origin, path: "quantity",
                found: "\(quantity) units, but \(serials.count) serial numbers",
                allowed: "at most \(serials.count)",
                remedy: "Widen `serials` (a failed unit needs none of its own), or order fewer units.")
        }
        guard let id = node.text("order", .orderID), let sku = node.text("sku", .identifier), let quantity,
            let serials
        else { return nil }
        return WorkOrder(
            id: id, file: file, sku: sku, market: market, quantity: quantity, serials: serials,
            operatorID: node.text("operator", .identifier), due: due)
    }

    private func market(_ node: ConfigNode) -> CountryCode? {
        guard let market = node["market"], let text = market.text, TextForm.country.accepts(text) else {
            return nil
        }
        return CountryReading(reading: reading).country(market, path: "market")
    }

    private func checkSKU(_ node: ConfigNode, market: CountryCode?) {
        guard let sku = node["sku"], let id = sku.text, TextForm.identifier.accepts(id) else { return }
        let buildable = known.skuIDs.filter { !$0.value }.map(\.key).sorted()
        switch known.skuIDs[id] {
        case nil:
            guard known.skusComplete else { return }
            problems.report(
                .unknownSKU, at: sku.origin, path: "sku", found: "`\(id)`, which no file defines",
                allowed: Phrase.oneOf(buildable),
                remedy: Phrase.didYouMean(id, among: buildable, otherwise: "Add its file to skus/."))
        case true:
            problems.report(
                .unknownSKU, at: sku.origin, path: "sku", found: "`\(id)`, which is abstract",
                allowed: Phrase.oneOf(buildable), remedy: "Name a SKU that extends it.")
        case false:
            if let station = known.station, !station.skus.allows(id) {
                problems.report(
                    .unknownSKU, at: sku.origin, path: "sku",
                    found: "`\(id)`, which station.yaml does not allow here",
                    allowed: Phrase.oneOf(buildable.filter(station.skus.allows)),
                    remedy: "Add it to `skus` in station.yaml, or build the order at another station.")
            }
        }
        if let definition = known.skus[id], !definition.isAbstract {
            checkMarket(node, market, in: definition)
        }
    }

    private func checkMarket(_ node: ConfigNode, _ market: CountryCode?, in sku: SKUDefinition) {
        guard let market else {
            let overlays = sku.variants.compactMap(\.overlay).map(\.text)
            guard node["market"] == nil, !overlays.isEmpty else { return }
            problems.report(
                .marketNeeded, at: node.origin, path: "market",
                found:
                    "no market for `\(sku.id)`, which is built differently for \(overlays.joined(separator: ", "))",
                allowed: Phrase.oneOf(sku.markets.map(\.text)), remedy: "Add `market: …`.")
            return
        }
        guard !sku.markets.contains(market), let origin = node["market"]?.origin else { return }
        problems.report(
            .marketNotInSKU, at: origin, path: "market", found: "\(market) for `\(sku.id)`",
            allowed: Phrase.oneOf(sku.markets.map(\.text)),
            remedy: "Order another SKU, or add the market to \(sku.file).")
    }

    private func checkOperator(_ node: ConfigNode) {
        guard let station = known.station, let who = node["operator"], let id = who.text,
            TextForm.identifier.accepts(id), !station.operators.contains(where: { $0.id == id })
        else { return }
        let ids = station.operators.map(\.id)
        problems.report(
            .unknownOperator, at: who.origin, path: "operator", found: "`\(id)`", allowed: Phrase.oneOf(ids),
            remedy: Phrase.didYouMean(id, among: ids, otherwise: "Add the operator to station.yaml."))
    }

    private func due(_ node: ConfigNode) -> String? {
        guard let due = node["due"], let text = due.text else { return nil }
        guard let day = CalendarDay(text), (2000...2199).contains(day.civil.year) else {
            problems.report(
                .badDate, at: due.origin, path: "due", found: due.spoken,
                allowed: "a day as yyyy-mm-dd, 2000 to 2199",
                remedy: "Correct the date.")
            return nil
        }
        return text
    }

    private func serials(_ node: ConfigNode) -> SerialRange? {
        guard node.entries != nil, let first = node.integer("first"), let last = node.integer("last"),
            let width = node.integer("width").flatMap(Int.init(exactly:)), (1...12).contains(width),
            first >= 0,
            last <= 999_999_999_999
        else { return nil }
        // Forms were checked; a bad part must not be reported twice.
        for part in ["prefix", "suffix"] {
            if let text = node.text(part), !TextForm.serialPart.accepts(text) { return nil }
        }
        do {
            return try SerialRange(
                prefix: node.text("prefix") ?? "", first: first, last: last, width: width,
                suffix: node.text("suffix") ?? "", isShared: node.boolean("shared") ?? false)
        } catch {
            let key =
                switch error {
                case .backwards: "first"
                case .tooWide: "last"
                case .badCharacters, .suffixBeginsWithDigit: "suffix"
                }
            problems.report(
                .serialRange, at: (node[key] ?? node).origin, path: "serials.\(key)",
                found: error.description,
                allowed: "first ≤ last, `width` digits, a suffix that begins with no digit",
                remedy: "Correct the range.")
            return nil
        }
    }

    /// Serial numbers belong to one order only.
    func checkOverlaps(_ orders: [(order: WorkOrder, node: ConfigNode)]) {
        for (index, later) in orders.enumerated() {
            for earlier in orders[..<index] {
                guard let shared = later.order.serials.sharedSerials(with: earlier.order.serials) else {
                    continue
                }
                let line = earlier.node["serials"]?.origin.line ?? 0
                problems.report(
                    .serialsOverlap, at: (later.node["serials"] ?? later.node).origin, path: "serials",
                    found: """
                        \(later.order.serials), of which \(shared.lowerBound) … \(shared.upperBound) belong to \
                        \(earlier.order.id) (\(earlier.order.file):\(line)) too
                        """,
                    allowed: "serial numbers of one order only", remedy: "Move one of the ranges.")
            }
        }
    }
}
