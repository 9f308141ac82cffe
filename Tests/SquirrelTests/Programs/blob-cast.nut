print(casti2f(0x3F800000) + " " + castf2i(1.0) + " " + castf2i(-2.5) + " " + casti2f(castf2i(3.25)) + " " + swapfloat(swapfloat(1.5)) + "\n")
