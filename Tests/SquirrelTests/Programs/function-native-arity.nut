try { print() } catch (e) { print(e + "\n") } try { print(1, 2) } catch (e) { print(e + "\n") } try { array() } catch (e) { print(e + "\n") }
try { array("x") } catch (e) { print(e + "\n") } try { type() } catch (e) { print(e + "\n") } try { math.sin("x") } catch (e) { print(e + "\n") } try { math.pow(1) } catch (e) { print(e + "\n") }
