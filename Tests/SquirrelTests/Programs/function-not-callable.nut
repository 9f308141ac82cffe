foreach (v in [1, 2.5, "s", null, [], {}, true]) try { v() } catch (e) { print(e + "\n") }
local t = { x = 5 }; try { t.x() } catch (e) { print(e + "\n") } try { nosuch() } catch (e) { print(e + "\n") }
