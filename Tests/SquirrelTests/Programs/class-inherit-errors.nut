try { local X = class extends 5 {} } catch (e) { print(e + "\n") } try { local X = class extends null {} } catch (e) { print(e + "\n") }
