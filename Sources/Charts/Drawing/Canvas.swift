import Wording

/// SVG text as it is put together: presentation attributes only, so that it stands in an e-mail and under a strict
/// Content-Security-Policy, where style sheets and scripts do not.
struct Canvas {
    let width: Double
    let height: Double
    private var body = ""

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    enum Anchor: String { case start, middle, end }

    mutating func text(
        _ text: String, _ x: Double, _ y: Double, anchor: Anchor = .start, size: Double = 12,
        color: String = Palette.ink, bold: Bool = false, halo: Bool = false
    ) {
        body += "<text x=\"\(Self.n(x))\" y=\"\(Self.n(y))\" font-size=\"\(Self.n(size))\" fill=\"\(color)\""
        if anchor != .start { body += " text-anchor=\"\(anchor.rawValue)\"" }
        if bold { body += " font-weight=\"600\"" }
        if halo { body += " stroke=\"\(Palette.paper)\" stroke-width=\"4\" paint-order=\"stroke\"" }
        body += ">\(Markup.escaped(text))</text>\n"
    }

    mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String, width: Double = 1,
        dash: String? = nil
    ) {
        body +=
            "<line x1=\"\(Self.n(x1))\" y1=\"\(Self.n(y1))\" x2=\"\(Self.n(x2))\" y2=\"\(Self.n(y2))\" "
            + "stroke=\"\(color)\" stroke-width=\"\(Self.n(width))\""
            + (dash.map { " stroke-dasharray=\"\($0)\"" } ?? "") + "/>\n"
    }

    /// - Parameter about: shown by browsers when the pointer rests on it.
    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String, stroke: String? = nil,
        radius: Double = 0, about: String? = nil
    ) {
        body +=
            "<rect x=\"\(Self.n(x))\" y=\"\(Self.n(y))\" width=\"\(Self.n(max(0, width)))\" "
            + "height=\"\(Self.n(max(0, height)))\" fill=\"\(fill)\""
        if radius > 0 { body += " rx=\"\(Self.n(radius))\"" }
        if let stroke { body += " stroke=\"\(stroke)\"" }
        body += about.map { "><title>\(Markup.escaped($0))</title></rect>\n" } ?? "/>\n"
    }

    mutating func polyline(
        _ points: [(Double, Double)], color: String, width: Double = 2, dash: String? = nil
    ) {
        guard points.count > 1 else { return }
        let list = points.map { "\(Self.n($0.0)),\(Self.n($0.1))" }.joined(separator: " ")
        body +=
            "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"\(Self.n(width))\" "
            + "stroke-linejoin=\"round\"" + (dash.map { " stroke-dasharray=\"\($0)\"" } ?? "") + "/>\n"
    }

    /// Markers that differ by shape: circle, square, triangle, diamond, cross, bar.
    mutating func marker(_ kind: Int, _ x: Double, _ y: Double, color: String, size: Double = 3) {
        let s = size
        func path(_ d: String, filled: Bool = true) {
            body +=
                "<path d=\"\(d)\" "
                + (filled
                    ? "fill=\"\(color)\"" : "fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.6\"") + "/>\n"
        }
        switch kind % 6 {
        case 0:
            body += "<circle cx=\"\(Self.n(x))\" cy=\"\(Self.n(y))\" r=\"\(Self.n(s))\" fill=\"\(color)\"/>\n"
        case 1:
            path("M\(Self.n(x - s)) \(Self.n(y - s))h\(Self.n(2 * s))v\(Self.n(2 * s))h\(Self.n(-2 * s))z")
        case 2:
            path(
                "M\(Self.n(x)) \(Self.n(y - 1.3 * s))l\(Self.n(1.3 * s)) \(Self.n(2.3 * s))h\(Self.n(-2.6 * s))z"
            )
        case 3:
            path(
                "M\(Self.n(x)) \(Self.n(y - 1.4 * s))l\(Self.n(1.4 * s)) \(Self.n(1.4 * s))l\(Self.n(-1.4 * s)) \(Self.n(1.4 * s))l\(Self.n(-1.4 * s)) \(Self.n(-1.4 * s))z"
            )
        case 4:
            path(
                "M\(Self.n(x - s)) \(Self.n(y - s))l\(Self.n(2 * s)) \(Self.n(2 * s))m0 \(Self.n(-2 * s))l\(Self.n(-2 * s)) \(Self.n(2 * s))",
                filled: false)
        default: path("M\(Self.n(x)) \(Self.n(y - 1.4 * s))v\(Self.n(2.8 * s))", filled: false)
        }
    }

    /// A ring around a point: an outlier.
    mutating func ring(_ x: Double, _ y: Double, color: String) {
        body +=
            "<circle cx=\"\(Self.n(x))\" cy=\"\(Self.n(y))\" r=\"7\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.6\"/>\n"
    }

    /// The document. Title and description are what a screen reader says.
    func document(id: String, title: String, about: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.n(width)) \(Self.n(height))" \
        width="\(Self.n(width))" height="\(Self.n(height))" role="img" aria-labelledby="\(id)-t \(id)-d" \
        font-family="system-ui, -apple-system, 'Noto Sans', 'Noto Sans CJK SC', 'DejaVu Sans', sans-serif">
        <title id="\(id)-t">\(Markup.escaped(title))</title>
        <desc id="\(id)-d">\(Markup.escaped(about))</desc>
        <defs><pattern id="\(id)-h" width="6" height="6" patternUnits="userSpaceOnUse" \
        patternTransform="rotate(45)"><rect width="6" height="6" fill="\(Palette.vermilion)"/>\
        <line x1="0" y1="0" x2="0" y2="6" stroke="\(Palette.paper)" stroke-width="2"/></pattern></defs>
        <rect width="100%" height="100%" fill="\(Palette.paper)"/>
        \(body)</svg>

        """
    }

    /// A coordinate: at most two digits behind the point.
    private static func n(_ value: Double) -> String {
        let text = NumberText.fixed(value, 2)
        guard text.contains(".") else { return text }
        return text.hasSuffix("00")
            ? String(text.dropLast(3)) : text.hasSuffix("0") ? String(text.dropLast()) : text
    }
}
