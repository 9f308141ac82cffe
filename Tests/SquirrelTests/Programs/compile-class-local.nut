local A
class A {}
