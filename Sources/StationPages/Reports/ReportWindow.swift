import StationStore

/// Which runs a report is about, as the address says it: the newest so many, of an order, a SKU, a slot.
///
/// The number bounds what is read, so that a report is as quick on day 200 as on the first.
struct ReportWindow {
    static let sizes = [100, 500, 2000, 10_000]

    let newest: Int
    let filter: RunFilter
    private let orders: [OrderStatus]

    init(_ desk: ReportDesk) async throws {
        let wanted = desk.query["newest"].flatMap { Int($0) } ?? 2000
        newest = min(max(wanted, 1), 100_000)
        func text(_ name: String) -> String? { desk.query[name].flatMap { $0.isEmpty ? nil : $0 } }
        filter = RunFilter(
            order: text("order"), sku: text("sku"), slot: text("slot").flatMap { Int($0) },
            from: try await desk.reader.oldest(ofNewest: newest))
        orders = try await desk.reader.orders().suffix(100)
    }

    /// What of the query other pages about the same runs take over.
    func link(_ path: String, _ desk: ReportDesk, _ more: [String: String] = [:]) -> String {
        var query = more
        for name in ["newest", "order", "sku", "slot"] { query[name] = query[name] ?? desk.query[name] ?? "" }
        return Link.to(path, query)
    }

    func form(_ desk: ReportDesk, extra: [QueryForm.Field] = [], hidden: [String: String] = [:]) -> QueryForm
    {
        let any = (value: "", text: desk.say("any"))
        let skus = Set(orders.map(\.sku)).sorted()
        let slots = desk.folder?.station.slots ?? []
        return QueryForm(
            action: desk.frame.path, submit: desk.say("show"),
            fields: extra + [
                QueryForm.Field(
                    name: "newest", label: desk.say("newest_runs"), value: "\(newest)",
                    options: Self.sizes.map { ("\($0)", "\($0)") }),
                QueryForm.Field(
                    name: "order", label: desk.say("order"), value: filter.order ?? "",
                    options: [any] + orders.reversed().map { ($0.order, $0.order) }),
                QueryForm.Field(
                    name: "sku", label: desk.say("sku"), value: filter.sku ?? "",
                    options: [any] + skus.map { ($0, $0) }),
                QueryForm.Field(
                    name: "slot", label: desk.say("slot"), value: filter.slot.map(String.init) ?? "",
                    options: [any] + slots.enumerated().map { ("\($0 + 1)", $1.name) }),
            ], hidden: hidden)
    }
}
