class A { function _inherited(attrs) { print("inherited " + (attrs ? attrs.n : "none") + "\n") } } local B = class extends A </ n = 5 /> {}
class M { function _newmember(k, v, attrs, isstatic) { print(k + " " + isstatic + "\n"); rawnewmember(k, v, attrs, isstatic) } }
class N extends M { x = 1; static y = 2; function f() {} }
print(N.x + N.y + "\n")
