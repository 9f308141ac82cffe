import StationConfig
import StationStore

extension OrderStatus {
    /// A work order that was opened once must stay what it was: same SKU, same quantity, same serial numbers.
    public func mustMatch(_ plan: BlessingPlan) throws(OrderDisagreement) {
        let wanted = RecordedSerialRange(plan.order.serials)
        if sku != plan.variant.id {
            throw OrderDisagreement(order: order, what: "SKU", recorded: sku, found: plan.variant.id)
        }
        if quantity != plan.order.quantity {
            throw OrderDisagreement(
                order: order, what: "quantity", recorded: String(quantity), found: String(plan.order.quantity)
            )
        }
        if let prefix = serialPrefix, let first = serialFirst, let last = serialLast, let width = serialWidth
        {
            let recorded = RecordedSerialRange(
                prefix: prefix, first: first, last: last, width: width, suffix: serialSuffix ?? "",
                isShared: serialsShared ?? false)
            if recorded.isShared != wanted.isShared {
                throw OrderDisagreement(
                    order: order, what: "serial numbers", recorded: recorded.isShared ? "shared" : "its own",
                    found: wanted.isShared ? "shared" : "its own")
            }
            if recorded != wanted {
                throw OrderDisagreement(
                    order: order, what: "serial range",
                    recorded: "\(recorded.text(first))–\(recorded.text(last))",
                    found: "\(wanted.text(wanted.first))–\(wanted.text(wanted.last))")
            }
        }
        if isClosed {
            throw OrderDisagreement(order: order, what: "state", recorded: "closed", found: "wanted again")
        }
    }
}

/// A work order's file no longer says what the record says was opened.
public struct OrderDisagreement: Error, Equatable, Sendable, CustomStringConvertible {
    public var order: String
    public var what: String
    public var recorded: String
    public var found: String

    public var description: String {
        "Work order \(order) is in the record with \(what) \(recorded), its file says \(found). "
            + "An opened order does not change: put the file back, or write a new order with its own number."
    }
}

extension RecordedSerialRange {
    init(_ range: StationConfig.SerialRange) {
        self.init(
            prefix: range.prefix, first: range.first, last: range.last, width: range.width,
            suffix: range.suffix, isShared: range.isShared)
    }
}
