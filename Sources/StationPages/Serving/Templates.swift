import Mustache

/// The pages' templates, compiled in, parsed once.
enum Templates {
    static let library: MustacheLibrary = {
        var library = MustacheLibrary()
        for (name, bytes) in sources {
            // A template that can't be parsed is a page that isn't there; the tests render each.
            try? library.register(String(decoding: bytes, as: UTF8.self), named: name)
        }
        return library
    }()

    static let sources: [(name: String, bytes: [UInt8])] = [
        ("operator", PackageResources.operator_mustache),
        ("tile", PackageResources.tile_mustache),
        ("shapes", PackageResources.shapes_mustache),
        ("layout", PackageResources.layout_mustache),
        ("report", PackageResources.report_mustache),
        ("form", PackageResources.form_mustache),
        ("chart", PackageResources.chart_mustache),
        ("table", PackageResources.table_mustache),
        ("signin", PackageResources.signin_mustache),
        ("problem", PackageResources.problem_mustache),
    ]

    static func render(_ name: String, _ view: [String: Any]) -> PageAnswer {
        guard let text = library.render(view, withTemplate: name) else {
            return .html("<!doctype html><title>500</title><p>Template \(name) is missing.", status: 500)
        }
        return .html(text)
    }
}
