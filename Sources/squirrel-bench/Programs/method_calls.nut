// Fields, methods, inheritance.
class Shape {
    side = 0
    constructor(side) { this.side = side }
    function area() { return side * side }
    function grow(by) {
        side += by
        return this
    }
}
class Cube extends Shape {
    function area() { return base.area() * 6 }
}
local sum = 0
local shape = Shape(3)
local cube = Cube(2)
for (local i = 0; i < 700000; i++) {
    sum = (sum + shape.area() + cube.area()) & 0xFFFFFF
    shape.grow(1).grow(-1)
}
print(sum + "\n")
