/// What the vendor's documentation says about particular countries, as data.
///
/// The page of `imp.setcountry()` files "US and Canada" under `0x00005355` and everything else under
/// `0x00004247`. The second half is too broad (fifteen territories permit channels 1 to 11 only), so only
/// the first is taken over: a country listed here gets its region even where the regulatory database would
/// permit more. Canada is such a one: the database permits channels 1 to 13, and 1 to 11 is a safe part of
/// them.
public enum VendorAssignment {
    /// Country and the region which the vendor names for it.
    public static let table: [(country: String, region: RegionCode)] = [
        ("US", .us),
        ("CA", .us),
    ]

    /// The region that the vendor names for `country`; nil where its pages name none in particular.
    public static func region(for country: CountryCode) -> RegionCode? {
        table.first { $0.country == country.text }?.region
    }
}
