import Imp003

/// Reads country codes against the regulatory database.
struct CountryReading {
    let reading: FolderReading

    /// - Returns: nil when the database does not know the country; reported.
    func country(_ node: ConfigNode, path: String) -> CountryCode? {
        guard let text = node.text, TextForm.country.accepts(text) else { return nil }
        guard let country = try? CountryCode(parsing: text) else { return nil }
        do {
            _ = try reading.regulatory.rules(for: country)
            return country
        } catch {
            reading.problems.report(
                .unknownCountry, at: node.origin, path: path, found: error.description,
                remedy: "Nothing may be built for a market without rules.")
            return nil
        }
    }
}
