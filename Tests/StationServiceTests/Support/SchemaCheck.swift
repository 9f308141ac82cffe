import Foundation
import Yams

/// As much of JSON Schema as `schema/openapi.yaml` uses.
struct SchemaCheck {
    private let document: [String: Any]

    init() throws {
        let file = ServiceBench.root.appendingPathComponent("schema/openapi.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        document = try Yams.load(yaml: text) as? [String: Any] ?? [:]
    }

    /// Every operation: method, path, what it says.
    var operations: [(method: String, path: String, operation: [String: Any])] {
        let paths = document["paths"] as? [String: Any] ?? [:]
        return paths.sorted { $0.key < $1.key }.flatMap { path, item in
            (item as? [String: Any] ?? [:]).sorted { $0.key < $1.key }.map {
                ($0.key, path, $0.value as? [String: Any] ?? [:])
            }
        }
    }

    /// What is wrong with an answer to an operation; empty when nothing is.
    func findings(_ operation: [String: Any], status: Int, contentType: String?, _ bytes: [UInt8]) -> [String]
    {
        let responses = operation["responses"] as? [String: Any] ?? [:]
        guard let response = resolve(responses["\(status)"] ?? responses["default"]) else {
            return ["no response \(status)"]
        }
        guard let content = response["content"] as? [String: Any] else {
            return bytes.isEmpty ? [] : ["\(status) should have no body"]
        }
        let bare = contentType.map { String($0.prefix { $0 != ";" }) }
        guard let bare, let media = content[bare] as? [String: Any] ?? content["*/*"] as? [String: Any] else {
            return ["\(status) has content type \(contentType ?? "none"), not \(content.keys.sorted())"]
        }
        guard bare.hasSuffix("json"), let schema = media["schema"] else { return [] }
        guard let value = try? JSONSerialization.jsonObject(with: Data(bytes)) else { return ["no JSON"] }
        return findings(value, schema, "$")
    }

    private func resolve(_ any: Any?) -> [String: Any]? {
        guard let object = any as? [String: Any] else { return nil }
        guard let reference = object["$ref"] as? String else { return object }
        return reference.split(separator: "/").dropFirst().reduce(document as Any?) { value, key in
            (value as? [String: Any])?[String(key)]
        } as? [String: Any]
    }

    private func findings(_ value: Any, _ schema: Any, _ place: String) -> [String] {
        guard let schema = resolve(schema) else { return ["\(place): no schema"] }
        var found: [String] = []
        if let allowed = schema["enum"] as? [String], let text = value as? String, !allowed.contains(text) {
            found.append("\(place): “\(text)” is none of \(allowed)")
        }
        switch schema["type"] as? String {
        case "object":
            guard let object = value as? [String: Any] else { return ["\(place): not an object"] }
            let known = schema["properties"] as? [String: Any] ?? [:]
            for name in schema["required"] as? [String] ?? [] where object[name] == nil {
                found.append("\(place): \(name) is missing")
            }
            for (name, member) in object.sorted(by: { $0.key < $1.key }) {
                if let property = known[name] {
                    found += findings(member, property, "\(place).\(name)")
                } else if schema["additionalProperties"] as? Bool == false {
                    found.append("\(place): \(name) is not described")
                }
            }
        case "array":
            guard let list = value as? [Any] else { return ["\(place): not a list"] }
            if let items = schema["items"] {
                for (index, element) in list.enumerated() {
                    found += findings(element, items, "\(place)[\(index)]")
                }
            }
        case "string": if !(value is String) { found.append("\(place): not a text") }
        case "boolean": if !(value is Bool) { found.append("\(place): not true or false") }
        case "integer":
            if (value as? NSNumber).map({ $0.doubleValue != $0.doubleValue.rounded() }) ?? true {
                found.append("\(place): not a whole number")
            }
        case "number": if !(value is NSNumber) { found.append("\(place): not a number") }
        default: break
        }
        return found
    }
}
