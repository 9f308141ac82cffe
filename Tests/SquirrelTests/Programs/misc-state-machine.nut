local state = "idle", transitions = { idle = { start = "running" }, running = { stop = "idle", fail = "error" } }; function step(ev) { }
local go = function(ev) { if (state in transitions && ev in transitions[state]) state = transitions[state][ev]; else throw "bad " + ev + " in " + state }; go("start"); go("fail"); print(state + "\n"); try { go("stop") } catch (e) { print(e + "\n") }
