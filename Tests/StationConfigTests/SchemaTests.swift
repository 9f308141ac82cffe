import Foundation
import Testing

@testable import StationConfig

/// The JSON Schemas that editors use say the same as the loader.
@Suite struct SchemaTests {
    typealias JSON = [String: Any]

    static func schema(_ name: String) throws -> JSON {
        let data = try Data(contentsOf: URL(filePath: "\(Demo.schemas)/\(name).schema.json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? JSON)
    }

    /// Follows `$ref` and picks the alternative that is not `null`.
    static func resolved(_ schema: JSON, in root: JSON) -> JSON {
        if let reference = schema["$ref"] as? String, let name = reference.split(separator: "/").last,
            let target = (root["$defs"] as? JSON)?[String(name)] as? JSON
        {
            return resolved(target, in: root)
        }
        if let options = schema["anyOf"] as? [JSON],
            let real = options.first(where: { $0["type"] as? String != "null" })
        {
            return resolved(real, in: root)
        }
        return schema
    }

    @Test(arguments: Keys.files.map(\.schema)) func keysAreThoseOfTheLoader(name: String) throws {
        let root = try Self.schema(name)
        let keys = try #require(Keys.files.first { $0.schema == name }?.keys)
        #expect(root["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        try Self.compare(keys, root, root, path: name)
    }

    private static func compare(_ keys: KeySet, _ schema: JSON, _ root: JSON, path: String) throws {
        let schema = resolved(schema, in: root)
        let properties = try #require(schema["properties"] as? [String: JSON], "\(path)")
        #expect(Set(properties.keys) == Set(keys.keys.map(\.name)), "\(path)")
        #expect(schema["additionalProperties"] as? Bool == false, "\(path)")
        if root["title"] as? String != "SKU" {
            let required = Set(schema["required"] as? [String] ?? [])
            #expect(required == Set(keys.keys.filter(\.isRequired).map(\.name)), "\(path)")
        }
        for key in keys.keys {
            let property = properties[key.name] ?? [:]
            #expect(
                property["description"] is String || resolved(property, in: root)["description"] is String,
                "\(path).\(key.name)")
            try compare(key.shape, property, root, path: "\(path).\(key.name)")
        }
    }

    private static func compare(_ shape: Shape, _ schema: JSON, _ root: JSON, path: String) throws {
        let schema = resolved(schema, in: root)
        func hasType(_ name: String) -> Bool {
            schema["type"] as? String == name || (schema["type"] as? [String])?.contains(name) == true
        }
        switch shape {
        case .map(let keys): try compare(keys, schema, root, path: path)
        case .list(let item, let count, let unique):
            #expect(hasType("array"), "\(path)")
            #expect(schema["minItems"] as? Int ?? 0 == count.lowerBound, "\(path)")
            #expect(unique == (schema["uniqueItems"] as? Bool ?? false), "\(path)")
            if !unique || schema["maxItems"] != nil {
                #expect(schema["maxItems"] as? Int == count.upperBound, "\(path)")
            }
            try compare(item, try #require(schema["items"] as? JSON, "\(path)"), root, path: path + "[]")
        case .table(_, let value, let count):
            #expect(hasType("object"), "\(path)")
            if count.upperBound < 1000 {
                #expect(schema["maxProperties"] as? Int == count.upperBound, "\(path)")
            }
            try compare(
                value, try #require(schema["additionalProperties"] as? JSON, "\(path)"), root,
                path: path + ".*")
        case .text(let form):
            guard let words = form.words else { return }
            #expect((schema["enum"] as? [Any])?.compactMap { $0 as? String } == words, "\(path)")
        case .integer(let range):
            #expect(hasType("integer"), "\(path)")
            #expect((schema["minimum"] as? NSNumber)?.int64Value == range.lowerBound, "\(path)")
            if range.upperBound < .max {
                #expect((schema["maximum"] as? NSNumber)?.int64Value == range.upperBound, "\(path)")
            }
        case .number: #expect(hasType("number"), "\(path)")
        case .boolean: #expect(hasType("boolean") || schema["const"] as? Bool == true, "\(path)")
        case .duration, .size, .value, .textOrList: break
        }
    }

    // MARK: - Files against schemas

    /// As an editor's YAML 1.2 reader types plain scalars.
    private static func json(_ node: ConfigNode) -> Any {
        switch node.content {
        case .list(let items): return items.map(json)
        case .map(let entries):
            return Dictionary(entries.map { ($0.key, json($0.value)) }) { first, _ in first }
        case .scalar(let text, quoted: true): return text
        case .scalar(let text, quoted: false):
            if node.isNothing { return NSNull() }
            if let boolean = ScalarReader.boolean(node) { return boolean }
            if let integer = Quantity.integer(text) { return integer }
            if let number = Quantity.number(text), number.isFinite { return number }
            return text
        }
    }

    private static func node(_ text: String, _ file: String) throws -> ConfigNode {
        try #require(YAMLText(file: file, problems: ProblemCollector()).read(Array(text.utf8)))
    }

    /// A station with one slot, and with a wiring.
    private static func usb(_ fixture: String, _ wiring: String = "{}") -> String {
        "station: x\nnetwork: { ssid: a, password: { env: B } }\noperators: [{ id: a, name: b }]\n"
            + "slots: [{ name: A, fixture: \(fixture) }]\nwirings: { w: \(wiring) }\n"
    }

    @Test func slotsOnUSBConform() throws {
        for fixture in ["{ kind: usb, path: 1-4.2, serial: FX-1, wiring: w }", "{ kind: usb, serial: FX-1 }"]
        {
            let problems = ProblemCollector()
            let text = Self.usb(fixture, "{ pins: { red: none }, spi-kilohertz: 15000, blink-up: 4 s }")
            let node = try Self.node(text, "station.yaml")
            ShapeCheck(problems: problems, mode: .whole).check(node, Keys.station)
            #expect(problems.sorted == [])
        }
    }

    /// Documents that the schema must refuse, as the loader does.
    private static let wrong: [(schema: String, text: String)] = [
        ("station", "station: Demo\nnetwork: {}\n"), ("sku", "sku: x\n"),
        ("station", usb("{ kind: usb }")), ("station", usb("{ kind: usb, path: 1-4.0 }")),
        ("station", usb("{ kind: emulated, serial: FX-1 }")),
        ("station", usb("{ kind: usb, serial: FX-1 }", "{ pins: { power: none } }")),
        ("sku", "sku: x\nextends: y\nregoin: US\n"),
        ("sku", "sku: x\nextends: y\noverlays: { de: {} }\n"), ("sku", "sku: x\nextends: y\nregion: CA\n"),
        ("sku", "sku: x\nextends: y\nnvram: { file: ../x, sha256: 12 }\n"), ("plan", "plan: p\nsteps: []\n"),
        ("plan", "plan: p\nsteps: [{ name: a }]\n"),
        ("plan", "plan: p\nsteps: [{ name: a, test: b, fixture: c }]\n"),
        ("plan", "plan: p\nsteps: [{ name: a, test: b, measurements: [{ name: m }] }]\n"),
        ("plan", "plan: p\nsteps: [{ name: a, test: b, timeout: 3 }]\n"),
        ("order", "order: x\nsku: y\nquantity: many\n"),
        ("line", "units: 3\nfaults: [{ units: x, fault: short }]\n"),
    ]

    @Test func demoFilesConformAndWrongOnesDoNot() throws {
        var cases: [JSON] = []
        for (folder, schema) in [("skus", "sku"), ("plans", "plan"), ("orders", "order")] {
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(Demo.path)/\(folder)").sorted()
            {
                let text = try String(contentsOfFile: "\(Demo.path)/\(folder)/\(name)", encoding: .utf8)
                cases.append([
                    "schema": schema, "name": "\(folder)/\(name)", "right": true,
                    "json": Self.json(try Self.node(text, name)),
                ])
            }
        }
        for schema in ["station", "line"] {
            let text = try String(contentsOfFile: "\(Demo.path)/\(schema).yaml", encoding: .utf8)
            cases.append([
                "schema": schema, "name": "\(schema).yaml", "right": true,
                "json": Self.json(try Self.node(text, schema)),
            ])
        }
        for (schema, text) in Self.wrong {
            cases.append([
                "schema": schema, "name": text, "right": false,
                "json": Self.json(try Self.node(text, schema)),
            ])
        }
        let script = """
            import json, sys
            try:
                import jsonschema
            except ImportError:
                sys.exit(77)
            for case in json.load(open(sys.argv[1])):
                schema = json.load(open(sys.argv[2] + "/" + case["schema"] + ".schema.json"))
                jsonschema.Draft202012Validator.check_schema(schema)
                errors = list(jsonschema.Draft202012Validator(schema).iter_errors(case["json"]))
                if bool(errors) == case["right"]:
                    print(case["name"], [e.message for e in errors][:3])
            """
        let file = FileManager.default.temporaryDirectory.path + "/schema-\(UUID().uuidString).json"
        try JSONSerialization.data(withJSONObject: cases).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-W", "ignore", "-c", script, file, Demo.schemas]
        process.standardOutput = output
        try process.run()
        let printed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        if [77, 127].contains(process.terminationStatus) {
            print(
                "SKIPPED: python3 with jsonschema is not here; the demo files were not checked against the JSON Schemas"
            )
            return
        }
        #expect(process.terminationStatus == 0)
        #expect(printed == "", "these disagree with their schema")
    }
}
