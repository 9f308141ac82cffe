foreach (pair in [[1, null], [null, 1], [{}, 1], [[], []], [true, 1]]) {
    try { print(pair[0] + pair[1]) } catch (e) { print(e + "\n") }
    try { print(pair[0] - pair[1]) } catch (e) { print(e + "\n") }
    try { print(pair[0] * pair[1]) } catch (e) { print(e + "\n") }
    try { print(pair[0] / pair[1]) } catch (e) { print(e + "\n") }
}
