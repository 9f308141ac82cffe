foreach (pat in ["(", "[", "a)", "[]", "[z-a]", "x{", "x{a}", "(?x)", "*", "[a-"]) {
    try { regexp(pat); print("ok " + pat + "\n") } catch (e) { print(pat + " " + e + "\n") }
}
