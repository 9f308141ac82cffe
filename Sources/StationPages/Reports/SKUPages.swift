import Charts
import ContentAddress
import Ledger
import StationConfig
import StationStore

/// `/skus`: which SKU is sold where, on which channels, and which revisions were built.
struct SKUsPage {
    let desk: ReportDesk

    func report() async throws -> Report? {
        guard let folder = desk.folder else { return nil }
        return Report(
            title: desk.say("skus_title"), lead: desk.say("skus_lead"),
            sections: [matrix(folder), compare(folder), try await revisions(folder)])
    }

    private func matrix(_ folder: StationFolder) -> Section {
        let matrix = folder.matrix()
        var table = Section.Table(
            caption: desk.say("skus_title"), columns: [desk.say("market")] + matrix.skus)
        for market in matrix.markets {
            table.add(
                [Section.Cell("\(market)")]
                    + matrix.skus.map { sku in
                        guard let row = matrix.row(sku: sku, market: market) else { return Section.Cell("") }
                        let unused = row.unusedChannels
                        return Section.Cell(
                            "\(row.channels) · \(row.region.readBack)"
                                + (unused.isEmpty
                                    ? "" : " · " + desk.say("unused", ["channels": "\(unused)"])))
                    })
        }
        return Section(heading: desk.say("matrix"), note: desk.say("matrix_note"), table: table)
    }

    private func compare(_ folder: StationFolder) -> Section {
        let variants = folder.skus.flatMap(\.variants).map(\.id)
        var table = Section.Table(
            caption: desk.say("variants"),
            columns: [
                desk.say("sku"), desk.say("product"), desk.say("markets"), desk.say("plan"),
                desk.say("revision"),
            ])
        for variant in folder.skus.flatMap(\.variants) {
            let other = variants.first { $0 != variant.id } ?? variant.id
            table.add([
                Section.Cell(variant.id, href: Link.to("/skus/compare", ["a": variant.id, "b": other])),
                Section.Cell(variant.product),
                Section.Cell(variant.markets.map { "\($0)" }.joined(separator: " ")),
                Section.Cell(variant.plan), Section.Cell(UnitPage.short(variant.digest.hex), isCode: true),
            ])
        }
        return Section(heading: desk.say("variants"), table: table)
    }

    private func revisions(_ folder: StationFolder) async throws -> Section {
        let current = Set(folder.skus.flatMap(\.variants).map(\.digest.hex))
        let rows = try await desk.reader.revisions()
        var table = Section.Table(
            caption: desk.say("revisions"),
            columns: [
                desk.say("sku"), desk.say("revision"), desk.say("plan"), desk.say("first_built"),
                desk.say("last_built"),
                desk.say("runs"), desk.say("chart_passed"), desk.say("compare"),
            ])
        for (index, row) in rows.enumerated() {
            // What came before it for the same SKU: the difference that people ask for.
            let before = rows[(index + 1)...].first { $0.sku == row.sku }
            table.add([
                Section.Cell(row.sku),
                Section.Cell(
                    UnitPage.short(row.skuDigest)
                        + (current.contains(row.skuDigest) ? " · " + desk.say("current") : ""),
                    isCode: true), Section.Cell(UnitPage.short(row.planDigest), isCode: true),
                Section.Cell(String(ReportDesk.time(row.firstAt).prefix(10))),
                Section.Cell(String(ReportDesk.time(row.lastAt).prefix(10))),
                .number("\(row.runs)"), .number("\(row.passed)"),
                Section.Cell(
                    before == nil ? "" : desk.say("with_before"),
                    href: before.map {
                        Link.to(
                            "/skus/compare",
                            [
                                "a": $0.skuDigest, "b": row.skuDigest, "plan-a": $0.planDigest,
                                "plan-b": row.planDigest,
                            ])
                    }),
            ])
        }
        return Section(heading: desk.say("revisions"), note: desk.say("revisions_note"), table: table)
    }
}

/// `/skus/compare?a=…&b=…`: two variants, or two revisions by their SHA-256, key by key.
struct SKUComparePage {
    let desk: ReportDesk

    func report() async throws -> Report? {
        guard let folder = desk.folder else { return nil }
        let (a, b) = (desk.query["a"] ?? "", desk.query["b"] ?? "")
        let variants = folder.skus.flatMap(\.variants)
        let options = variants.map { (value: $0.id, text: $0.id) }
        var report = Report(
            title: desk.say("sku_compare_title"), lead: desk.say("sku_compare_lead"),
            forms: [
                QueryForm(
                    action: "/skus/compare", submit: desk.say("compare"),
                    fields: [
                        .init(name: "a", label: desk.say("one_sku"), value: a, options: options),
                        .init(name: "b", label: desk.say("other_sku"), value: b, options: options),
                    ])
            ])
        guard !a.isEmpty, !b.isEmpty else { return report }
        let (left, right) = (variants.first { $0.id == a }, variants.first { $0.id == b })
        let differences: [(key: String, left: String?, right: String?)]
        if let left, let right {
            differences = VariantComparison.differences(left, right, plans: folder.plans)
                .map { ($0.keyPath, $0.left, $0.right) }
        } else {
            guard
                let one = try await revision(a, left, plan: desk.query["plan-a"]),
                let other = try await revision(b, right, plan: desk.query["plan-b"])
            else {
                report.problem = desk.say("revision_unknown")
                return report
            }
            differences = JSONDifference.between(one, other)
        }
        var table = Section.Table(
            caption: desk.say("sku_compare_title"),
            columns: [desk.say("key"), UnitPage.short(a), UnitPage.short(b)])
        for difference in differences {
            table.add([
                Section.Cell(difference.key), Section.Cell(difference.left ?? "–", isCode: true),
                Section.Cell(difference.right ?? "–", isCode: true),
            ])
        }
        report.sections = [Section(note: differences.isEmpty ? desk.say("no_difference") : "", table: table)]
        return report
    }

    /// A revision's content with its plan's, from the folder when it is the current one, else from the record.
    private func revision(_ key: String, _ variant: SKUVariant?, plan: String?) async throws -> JSONValue? {
        guard let folder = desk.folder else { return nil }
        let current = variant ?? folder.skus.flatMap(\.variants).first { $0.digest.hex == key }
        var bytes = current?.canonicalBytes
        if bytes == nil, let digest = SHA256Digest(hex: key) { bytes = try await desk.reader.content(digest) }
        guard let bytes, let json = try? JSONValue(parsing: bytes), case .object(let members) = json else {
            return nil
        }
        var planBytes: [UInt8]?
        if let plan, let digest = SHA256Digest(hex: plan) {
            planBytes = try await desk.reader.content(digest)
        }
        guard let planBytes, let content = try? JSONValue(parsing: planBytes) else { return json }
        return .object(
            members.filter { $0.key != "plan" } + [.init(key: "plan", value: try await withTests(content))])
    }

    /// A plan with its steps and limits in place of their hash, where they are kept.
    private func withTests(_ plan: JSONValue) async throws -> JSONValue {
        guard case .object(let members) = plan, case .string(let hex) = plan["tests_sha256"],
            let digest = SHA256Digest(hex: hex), let bytes = try await desk.reader.content(digest),
            let tests = try? JSONValue(parsing: bytes)
        else { return plan }
        return .object(members.filter { $0.key != "tests_sha256" } + [.init(key: "tests", value: tests)])
    }
}

/// Where two JSON texts differ; members of lists that have names go by their names.
enum JSONDifference {
    static func between(_ left: JSONValue, _ right: JSONValue) -> [(
        key: String, left: String?, right: String?
    )] {
        var result: [(key: String, left: String?, right: String?)] = []
        compare(left, right, "", &result)
        return result
    }

    private static func compare(
        _ left: JSONValue?, _ right: JSONValue?, _ path: String,
        _ result: inout [(key: String, left: String?, right: String?)]
    ) {
        if left == right { return }
        let (own, other) = (members(left), members(right))
        guard own != nil || other != nil, left == nil || own != nil, right == nil || other != nil else {
            result.append((path, left.map(text), right.map(text)))
            return
        }
        for key in Set((own ?? [:]).keys).union((other ?? [:]).keys).sorted() {
            compare(own?[key], other?[key], path.isEmpty ? key : "\(path).\(key)", &result)
        }
    }

    private static func members(_ value: JSONValue?) -> [String: JSONValue]? {
        switch value {
        case .object(let members):
            return Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        case .array(let items):
            var named: [String: JSONValue] = [:]
            for (index, item) in items.enumerated() {
                guard case .string(let name) = item["name"] else { return nil }
                named[name] = item
                if case .object(let members) = item {
                    named[name] = .object(
                        members + [.init(key: "position", value: .integer(Int64(index + 1)))])
                }
            }
            return named
        default: return nil
        }
    }

    private static func text(_ value: JSONValue) -> String {
        if case .string(let text) = value { return text }
        return String(decoding: value.canonicalBytes, as: UTF8.self)
    }
}
