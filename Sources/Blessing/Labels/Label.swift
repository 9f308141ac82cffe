import ContentAddress
import Mustache
import StationConfig
import StationStore

/// What a label template may name.
struct LabelFields {
    let values: [String: String]

    init(
        plan: BlessingPlan, identity: UnitIdentity, serial: String?, operatedBy: String?,
        at milliseconds: Int64
    ) {
        let mac = identity.mac.colonForm
        let all: [LabelField: String] = [
            .serial: serial ?? "", .sku: plan.variant.sku, .product: plan.variant.product, .mac: mac,
            .deviceID: identity.device.text, .region: plan.variant.region.readBack,
            .channels: plan.variant.channels.description,
            .markets: plan.variant.markets.map(\.description).joined(separator: " "), .order: plan.order.id,
            .station: plan.station, .operator: operatedBy ?? "",
            .date: String(UTCTime.text(milliseconds).prefix(10)),
        ]
        values = Dictionary(uniqueKeysWithValues: all.map { ($0.key.rawValue, Self.safeForZPL($0.value)) })
    }

    /// `^` and `~` begin commands in ZPL II; in a field they would be obeyed.
    static func safeForZPL(_ text: String) -> String {
        String(text.map { $0 == "^" || $0 == "~" || $0 == "\\" || $0.isNewline ? "_" : $0 })
    }
}

/// ZPL II from a Mustache template.
enum Label {
    static func render(template: String, fields: LabelFields) throws(LabelError) -> [UInt8] {
        do {
            let compiled = try MustacheTemplate(string: template)
            return Array(compiled.render(fields.values).utf8)
        } catch {
            throw .template("\(error)")
        }
    }
}

/// Why there is no label.
enum LabelError: Error, CustomStringConvertible {
    case template(String)
    case spool(path: String, reason: String)

    var description: String {
        switch self {
        case .template(let text):
            "the label template can't be used: \(text). Correct it and print the label again"
        case .spool(let path, let reason):
            "the label could not be written to \(path): \(reason). Make room or permission, then print it again"
        }
    }
}
