local t = { "name": "imp", "pins": [1, 2], "nested": { "deep": true }, plain = 1 }
print(t.name + t.pins.len() + t.nested.deep + t.plain + "\n")
