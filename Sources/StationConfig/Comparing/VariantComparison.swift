import Imp003

/// One place at which two SKU variants differ.
public struct VariantDifference: Hashable, Sendable, CustomStringConvertible {
    /// Keys from the top; entries of lists that have names go by their name: `["images", "assets", "sha256"]`.
    public let path: [String]
    /// What the left variant has there; nil when it has nothing.
    public let left: String?
    /// What the right variant has there; nil when it has nothing.
    public let right: String?

    /// `images.assets.sha256`
    public var keyPath: String { path.joined(separator: ".") }

    public var description: String {
        "\(keyPath): \(left ?? "–") → \(right ?? "–")"
    }
}

/// Compares two variants key by key, through to the steps and limits of their plans.
public enum VariantComparison {
    /// The differences in the order of their paths; empty when both build the same.
    /// - Parameter plans: the folder's plans; a plan that is not among them is compared by its digest only.
    public static func differences(
        _ left: SKUVariant, _ right: SKUVariant, plans: [TestPlan]
    ) -> [VariantDifference] {
        var differences: [VariantDifference] = []
        compare(tree(left, plans), tree(right, plans), at: [], into: &differences)
        return differences
    }

    /// The canonical form, with the plan's own content in place of its digest.
    private static func tree(_ variant: SKUVariant, _ plans: [TestPlan]) -> CanonicalJSON {
        guard case .object(var members) = variant.canonical else { return variant.canonical }
        members["type"] = nil
        members["version"] = nil
        if let plan = plans.first(where: { $0.name == variant.plan && $0.digest == variant.planDigest }),
            case .object(var content) = plan.canonical
        {
            content["type"] = nil
            content["version"] = nil
            members["plan"] = .object(content)
        }
        return .object(members)
    }

    private static func compare(
        _ left: CanonicalJSON?, _ right: CanonicalJSON?, at path: [String],
        into differences: inout [VariantDifference]
    ) {
        if left == right { return }
        let (leftMembers, rightMembers) = (members(left), members(right))
        guard leftMembers != nil || rightMembers != nil, left == nil || leftMembers != nil,
            right == nil || rightMembers != nil
        else {
            differences.append(
                VariantDifference(path: path, left: left.map(spoken), right: right.map(spoken)))
            return
        }
        let (own, other) = (leftMembers ?? [:], rightMembers ?? [:])
        if own.isEmpty && other.isEmpty {
            differences.append(
                VariantDifference(path: path, left: left.map(spoken), right: right.map(spoken)))
        }
        for key in Set(own.keys).union(other.keys).sorted() {
            compare(own[key], other[key], at: path + [key], into: &differences)
        }
    }

    /// The members of an object, or of a list whose entries have names of their own.
    private static func members(_ json: CanonicalJSON?) -> [String: CanonicalJSON]? {
        switch json {
        case .object(let members): return members
        case .list(let items):
            var members: [String: CanonicalJSON] = [:]
            for (index, item) in items.enumerated() {
                guard case .object(var entry) = item, case .text(let name) = entry["name"] else { return nil }
                entry["name"] = nil
                // Order decides in plans, so it is compared, too.
                entry["position"] = .integer(Int64(index + 1))
                members[name] = .object(entry)
            }
            return members
        default: return nil
        }
    }

    private static func spoken(_ json: CanonicalJSON) -> String {
        switch json {
        case .text(let text): text
        case .list(let items): items.map(spoken).joined(separator: ", ")
        default: String(decoding: json.bytes, as: UTF8.self)
        }
    }
}
