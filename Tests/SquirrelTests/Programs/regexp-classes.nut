foreach (pat in ["\\d+", "\\w+", "\\s+", "\\a+", "\\x+", "\\p+", "\\l+", "\\u+", "\\D+", "[a-c]+", "[^a-c]+", "a|b", "(ab)+", "x{2}", "x{1,2}", "x{2,}", "ab?c", "\\bword"]) {
    local m = regexp(pat).search("  Abc12 xx,,abab ac word")
    print(pat + ": " + (m ? m.begin + "-" + m.end : "none") + "\n")
}
