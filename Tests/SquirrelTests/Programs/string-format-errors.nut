foreach (f in ["%d", "%s", "%q", "%123d", "%.123f", "%f"]) {
    try { print(format(f, f == "%s" ? 1 : "x")) } catch (e) { print(e + "\n") }
}
try { format("%d %d", 1) } catch (e) { print(e + "\n") }
try { format(5) } catch (e) { print(e + "\n") }
try { format() } catch (e) { print(e + "\n") }
