class 5 {}
