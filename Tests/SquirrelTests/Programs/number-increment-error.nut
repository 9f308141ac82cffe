local s = "a"
try { s++ } catch (e) { print(e + "\n") }
local n = null
try { n++ } catch (e) { print(e + "\n") }
try { ++n } catch (e) { print(e + "\n") }
local t = { s = null }
try { t.s++ } catch (e) { print(e + "\n") }
try { t.missing++ } catch (e) { print(e + "\n") }
