/// Colours that people with any kind of colour vision tell apart (Okabe and Ito 2008), darkened where they carry text
/// or thin lines on white. No chart depends on colour alone: series differ by marker, limits by dashes, failures by
/// hatching.
public enum Palette {
    public static let ink = "#1b2430"
    public static let quiet = "#55606e"
    public static let grid = "#dfe4ea"
    public static let paper = "#ffffff"
    public static let blue = "#0072b2"
    public static let green = "#00795a"
    public static let vermilion = "#c44500"
    public static let purple = "#96427a"
    public static let amber = "#8a6100"
    public static let sky = "#2a86b8"

    /// For series, in this order; markers change with them.
    public static let series = [blue, vermilion, green, purple, amber, sky, ink, quiet]
}
